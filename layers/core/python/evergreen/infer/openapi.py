"""The service's OpenAPI 3.1 document: each model with its own paths, schemas and examples."""

from typing import Any

from evergreen.contracts.inference import ROWS_AT_MOST
from evergreen.contracts.signature import Signature
from evergreen.infer import schemas
from evergreen.infer.describe import Described
from evergreen.infer.explain import EXPLAINED_ROWS_AT_MOST
from evergreen.infer.v2 import OUTPUTS

Document = dict[str, Any]


def document(models: list[Described], more: str | None, *, up: int) -> Document:
    """Describe the service.

    Args:
        models: the champions to describe.
        more: the last of them, where more models follow.
        up: how many folders above the document's own address the service's lies.
    """
    paths = {path: item for model in models for path, item in _model_paths(model).items()}
    components = {}
    for model in models:
        name = model.version.draft.model
        components[f"{name}.row"] = schemas.row(model.signature)
        components[f"{name}.predictions"] = schemas.predictions(model.signature)
    follows = f" More models follow: `/openapi.json?after={more}`." if more else ""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Evergreen predictions",
            "version": "1",
            "description": "Predictions of the models that serve now." + follows,
        },
        "servers": [{"url": "../" * up or "./"}],
        "paths": _service_paths() | paths,
        "components": {"schemas": schemas.SHARED | components},
    }


def _service_paths() -> Document:
    pages = [
        _parameter("after", "query", {"type": "string"}),
        _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 100}),
    ]
    whole = {"type": "object", "required": ["openapi", "info", "paths"]}
    return {
        "/health": _get("health", "Whether the service runs.", schemas.HEALTH),
        "/models": _get("models", "Models, by name, a page at a time.", _ref("models"), pages),
        "/openapi.json": _get("openapi", "This document.", whole, pages),
        "/v2": _get("server", "What speaks the protocol.", schemas.V2_SERVER),
        "/v2/health/live": _get("live", "Whether the service runs.", schemas.V2_LIVE),
        "/v2/health/ready": _get("ready", "Whether its registry answers.", schemas.V2_READY),
    }


def _model_paths(model: Described) -> Document:
    name = model.version.draft.model
    path, v2 = f"/models/{name}", f"/v2/models/{name}"
    any_version = [
        _parameter("version", "path", {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"})
    ]
    tensors = schemas.V2_METADATA, schemas.V2_MODEL_READY
    found = {
        path: _get(f"{name}.model", "Signature and example.", {"type": "object"}),
        f"{path}/predict": _predict(model),
        f"{path}/feedback": _feedback(name, model.signature),
        v2: _get(f"{name}.metadata", "Tensors and versions.", tensors[0]),
        f"{v2}/ready": _get(f"{name}.ready", "Whether it can answer.", tensors[1]),
        f"{v2}/infer": _infer(f"{name}.infer", model),
    }
    one = f"{v2}/versions/{{version}}"
    found |= {
        one: _get(f"{name}.version", "Its tensors.", tensors[0], any_version),
        f"{one}/ready": _get(f"{name}.version.ready", "Ready?", tensors[1], any_version),
        f"{one}/infer": _infer(f"{name}.version.infer", model, any_version),
    }
    return found


def _predict(model: Described) -> Document:
    name, row = model.version.draft.model, model.example
    names = list(row)
    bodies = {
        "instances": {"instances": [row]},
        "inputs": {"inputs": {column: [value] for column, value in row.items()}},
        "dataframe_split": {"dataframe_split": {"columns": names, "data": [list(row.values())]}},
    }
    explain = _parameter("explain", "query", {"enum": ["reasons"]})
    return _post(
        f"{name}.predict",
        _says(model.signature),
        schemas.predict(name, model.signature),
        _ref(f"{name}.predictions"),
        {form: {"value": body} for form, body in bodies.items()},
        parameters=[explain] if model.version.draft.explanation else None,
    )


def _says(signature: Signature) -> str:
    if signature.problem == "binary":
        return f"The probability of '{signature.classes[1]}' for each row."
    if signature.problem == "multiclass":
        return f"The class of '{signature.target}' for each row, with each class's probability."
    return f"'{signature.target}' for each row."


def _feedback(name: str, signature: Signature) -> Document:
    outcome = signature.classes[-1] if signature.classes else 1.5
    outcomes = [{"id": "my-request-0", "outcome": outcome}]
    return _post(
        f"{name}.feedback",
        "What turned out for earlier predictions.",
        schemas.feedback(signature),
        schemas.ACCEPTED,
        {"one": {"value": {"outcomes": outcomes}}},
        status=202,
    )


def _infer(operation: str, model: Described, parameters: list[Document] | None = None) -> Document:
    tensors = [
        {"name": name, "shape": [1], "datatype": schemas.datatype_of(value), "data": [value]}
        for name, value in model.example.items()
    ]
    given = OUTPUTS[model.signature.problem]
    return _post(
        operation,
        f"Open Inference Protocol: a tensor a column in; {' and '.join(given)} out.",
        schemas.infer(model.signature),
        _ref("inferred"),
        {"one": {"value": {"inputs": tensors}}},
        parameters=parameters,
    )


def _get(
    operation: str, says: str, schema: Document, parameters: list[Document] | None = None
) -> Document:
    answers = {"200": _json("The answer.", schema), "default": _PROBLEM}
    return {
        "get": {
            "operationId": operation,
            "summary": says,
            "parameters": parameters or [],
            "responses": answers,
        }
    }


def _post(
    operation: str,
    says: str,
    takes: Document,
    gives: Document,
    examples: Document,
    *,
    status: int = 200,
    parameters: list[Document] | None = None,
) -> Document:
    content = {"application/json": {"schema": takes, "examples": examples}}
    refusals = {
        "400": "The body is not in the documented form.",
        "413": f"The body is over 1 MiB or has over {ROWS_AT_MOST:,} rows "
        f"({EXPLAINED_ROWS_AT_MOST} with 'explain').",
        "422": "Rows do not fit the model; each is named.",
        "503": "The prediction could not be recorded; send it again.",
    }
    return {
        "post": {
            "operationId": operation,
            "summary": says,
            "parameters": parameters or [],
            "requestBody": {"required": True, "content": content},
            "responses": {
                str(status): _json("The answer.", gives),
                **{code: _PROBLEM | {"description": why} for code, why in refusals.items()},
                "default": _PROBLEM,
            },
        }
    }


def _parameter(name: str, place: str, schema: Document) -> Document:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _json(says: str, schema: Document) -> Document:
    return {"description": says, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


_PROBLEM: Document = {
    "description": "Something is wrong; `detail` says what to do.",
    "content": {"application/problem+json": {"schema": _ref("problem")}},
}
