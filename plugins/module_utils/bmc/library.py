# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where sushy and requests are imported, so that everything else can be loaded without them."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

SUSHY_IMPORT_ERROR: str | None = None

if TYPE_CHECKING:
    import requests
    import sushy
    from requests import Session
    from requests.adapters import HTTPAdapter
    from sushy.auth import SessionAuth
else:
    try:
        import requests
        import sushy
        import sushy.auth
        import sushy.connector
        import sushy.exceptions
        from requests import Session
        from requests.adapters import HTTPAdapter
        from sushy.auth import SessionAuth
    except ImportError:
        SUSHY_IMPORT_ERROR = traceback.format_exc()
        requests: Any = None
        sushy: Any = None
        Session = HTTPAdapter = SessionAuth = object

# Without a handler Python prints sushy's warnings, with answers of controllers, to stderr; errors are raised anyway.
logging.getLogger("sushy").addHandler(logging.NullHandler())

__all__ = ["SUSHY_IMPORT_ERROR", "HTTPAdapter", "Session", "SessionAuth", "requests", "sushy"]
