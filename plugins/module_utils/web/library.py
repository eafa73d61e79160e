# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where requests and urllib3 are imported, so that everything else can be loaded without them."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

IMPORT_ERROR: str | None = None

if TYPE_CHECKING:
    import requests
    import urllib3
    from requests import Session
    from requests.adapters import HTTPAdapter
    from requests.auth import HTTPBasicAuth
else:
    try:
        import requests
        import urllib3
        from requests import Session
        from requests.adapters import HTTPAdapter
        from requests.auth import HTTPBasicAuth
    except ImportError:
        IMPORT_ERROR = traceback.format_exc()
        requests: Any = None
        urllib3: Any = None
        Session = HTTPAdapter = HTTPBasicAuth = object

__all__ = ["IMPORT_ERROR", "HTTPAdapter", "HTTPBasicAuth", "Session", "requests", "urllib3"]
