# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/schema/cloud.schema.json and docs/reference/*.md from the code."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".ansible/collections"))

from ansible_collections.groundup.cloud.plugins.module_utils.model import (  # noqa: E402
    check_preflight,
    layers_page,
    mtu_page,
    reference,
    schema,
)
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.promises import page as promises_page  # noqa: E402

EXAMPLE = load(ROOT / "inventories/example")
for path, text in {
    "docs/schema/cloud.schema.json": json.dumps(schema.schema(), indent=2, ensure_ascii=False) + "\n",
    "docs/reference/model.md": reference.page(),
    "docs/reference/preflight.md": check_preflight.page(),
    "docs/reference/promises.md": promises_page.page(),
    "docs/reference/layers.md": layers_page.page(EXAMPLE),
    "docs/reference/mtu.md": mtu_page.page(EXAMPLE),
}.items():
    target = ROOT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
