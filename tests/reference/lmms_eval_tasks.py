# SPDX-License-Identifier: Apache-2.0
"""The task functions of lmms-eval 0.1.2, the generation that the paper's authors copied, without the packages that only its
harness needs; makes no file by itself. Installed with `pip install --no-deps lmms-eval==0.1.2` (scripts/reference.sh), or
named by LMMS_EVAL_SITE."""

import importlib
import importlib.util
import logging
import os
import sys
import types

sys.path.extend(filter(None, [os.environ.get("LMMS_EVAL_SITE")]))
logging.getLogger("lmms-eval").setLevel(logging.ERROR)


def prepare() -> None:
    """The packages' own __init__ would import the harness: they are named without being run."""
    found = importlib.util.find_spec("lmms_eval")
    assert found and found.submodule_search_locations, "pip install --no-deps lmms-eval==0.1.2"
    for name, inner in (("lmms_eval", ""), ("lmms_eval.tasks", "tasks")):
        package = types.ModuleType(name)
        package.__path__ = [os.path.join(place, inner) for place in found.submodule_search_locations]
        sys.modules[name] = package
    for name in ("requests", "tqdm"):  # for the judge on the network, which is not called
        if importlib.util.find_spec(name) is None:
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].tqdm = None


def task_module(name: str) -> types.ModuleType:
    """"mme.utils"."""
    if "lmms_eval" not in sys.modules:
        prepare()
    return importlib.import_module("lmms_eval.tasks." + name)
