"""YAML as people mean it: only ``true`` and ``false`` are truth values, as in YAML 1.2.

By YAML 1.1, which PyYAML reads, the key ``on`` is ``True`` and a positive class ``yes`` is no text.
"""

import re
from pathlib import Path

import yaml

from evergreen.errors import EvergreenError

_BOOLEAN = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name for it
        first: [(tag, pattern) for tag, pattern in rules if tag != _BOOLEAN]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    _BOOLEAN, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def decode(text: str) -> object:
    """The document that ``text`` holds.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


def read(path: Path, wrong: type[EvergreenError]) -> object:
    """The document of a file.

    Raises:
        EvergreenError: ``wrong``, where the file cannot be read or is no YAML.
    """
    try:
        return decode(path.read_text("utf-8"))
    except OSError as error:
        raise wrong(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise wrong(f"{path} is no YAML: {' '.join(str(error).split())}.") from None
