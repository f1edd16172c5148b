"""Reads synthesised templates: resources by kind, and references as the names people gave."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STACKS = ("storage", "training", "serving", "monitoring")
Resource = dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    """The templates of one environment, and what validation had to say."""

    templates: dict[str, dict[str, Any]]
    findings: list[Any]

    def of_type(self, kind: str) -> Iterator[tuple[str, Resource]]:
        """Every resource of a type, with the name it was given."""
        for template in self.templates.values():
            for logical, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield plain(logical), resource

    def properties(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a type, by the name it was given."""
        return {name: resource.get("Properties", {}) for name, resource in self.of_type(kind)}

    def outputs(self, stack: str) -> dict[str, Any]:
        """The outputs a person or a program reads."""
        outputs = self.templates[stack]["Outputs"]
        return {k: v["Value"] for k, v in outputs.items() if "Export" not in v}


def read(folder: Path) -> Assembly:
    """The assembly in a folder."""
    templates = {
        stack: json.loads((folder / f"evergreen-{stack}.template.json").read_text())
        for stack in STACKS
    }
    report = json.loads((folder / "validation-report.json").read_text())
    return Assembly(templates, report["pluginReports"])


def plain(logical: str) -> str:
    """A logical id without the hash that the CDK adds."""
    return re.sub(r"[0-9A-F]{8}$", "", logical)


def text(value: Any) -> str:
    """A value with its references as ``<Name.Attribute>``."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return f"<{plain(name)}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{plain(name)}.{attribute}>"
        case {"Fn::ImportValue": str(export)}:
            return _exported(export)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(text(part) for part in parts)
    return json.dumps(value)


def _exported(export: str) -> str:
    name = export.split(":ExportsOutput")[1]
    found = re.fullmatch(r"(Ref|FnGetAtt)(\w+?)[0-9A-F]{8}(\w*?)[0-9A-F]{8}", name)
    assert found, export
    kind, logical, attribute = found.groups()
    return f"<{logical}>" if kind == "Ref" else f"<{logical}.{attribute}>"


def as_list(value: Any) -> list[Any]:
    """What CloudFormation lets people write as one or as several."""
    return value if isinstance(value, list) else [value]
