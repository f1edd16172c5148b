"""What makes a model file contradict itself, each told in a sentence that says what to fix."""

import re
from collections.abc import Mapping

import msgspec

from evergreen.contracts.explain import problem
from evergreen.contracts.model_file import METRICS, ModelFile
from evergreen.contracts.policy_checks import check_policies
from evergreen.contracts.search_checks import check_search
from evergreen.contracts.table import seconds, stated_of_dropped
from evergreen.contracts.view_file import ViewFile
from evergreen.errors import InvalidModelFile

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def parse(document: object) -> ModelFile:
    """Check a decoded model file.

    Raises:
        InvalidModelFile: names the key, what stands there and what may stand there.
    """
    if not isinstance(document, dict):
        raise InvalidModelFile("The model file must be a YAML mapping that starts with 'name:'.")
    wrong = problem(document, ModelFile)
    if wrong:
        raise InvalidModelFile(f"The model file {wrong}")
    default = {"metric": METRICS[document["problem"]][0]}
    model = msgspec.convert(default | document, ModelFile)
    for check in (_check_names, _check_columns, _check_problem, _check_forecast, _check_views):
        check(model)
    _check_personal(model)
    _check_serving(model)
    _check_decision(model)
    check_policies(model)
    check_search(model)
    return model


def _check_names(model: ModelFile) -> None:
    if not _NAME.fullmatch(model.name):
        raise InvalidModelFile(
            f"The model name '{model.name}' must be 1 to 63 lower-case letters, digits and hyphens."
        )
    learned = (model.features, model.views, model.calendar, model.forecast)
    if not any(learned):
        raise InvalidModelFile("The model file names no features; give at least one.")
    if model.split.validation + model.split.test > 0.8:
        raise InvalidModelFile("split.validation and split.test leave under 20 % to train on.")


def _check_columns(model: ModelFile) -> None:
    target = model.target.column
    if target in model.features:
        raise InvalidModelFile(
            f"The target '{target}' is also a feature; remove it from 'features'."
        )
    for column in model.exclude:
        if column in model.columns:
            raise InvalidModelFile(
                f"Column '{column}' is excluded and used at once; keep one of the two."
            )
    if target in model.context:
        raise InvalidModelFile(f"The target '{target}' cannot also be time, group or protected.")
    by, needs = model.split.by, {"time": model.time, "group": model.group}
    if by in needs and not needs[by]:
        raise InvalidModelFile(f"split.by is '{by}', but the model file names no '{by}' column.")
    if model.calendar and not model.time:
        raise InvalidModelFile("'calendar' takes parts of the row's time; name it with 'time'.")


def _check_problem(model: ModelFile) -> None:
    if model.problem == "binary" and model.target.positive is None:
        raise InvalidModelFile(
            "The model file lacks 'target.positive'; a binary model needs the value of its "
            "positive class."
        )
    if model.problem != "binary" and model.target.positive is not None:
        raise InvalidModelFile(
            f"'target.positive' belongs to a binary model, and this one is {model.problem}; "
            "remove it."
        )
    metrics = METRICS[model.problem]
    if model.metric not in metrics:
        raise InvalidModelFile(
            f"The metric '{model.metric}' does not fit a {model.problem} model; "
            f"take {', '.join(metrics[:-1])} or {metrics[-1]}."
        )


def _check_forecast(model: ModelFile) -> None:
    forecast = model.forecast
    if (model.problem == "forecast") != (forecast is not None):
        raise InvalidModelFile(
            "A forecast model needs 'forecast' with its step and horizon."
            if forecast is None
            else f"'forecast' belongs to a forecast model, and this one is {model.problem}."
        )
    if forecast is None:
        return
    if model.time is None:
        raise InvalidModelFile("A forecast model needs its 'time' column.")
    if model.split.by not in (None, "time"):
        raise InvalidModelFile("A forecast model is split by time; remove 'split.by'.")
    if model.search.folds:
        raise InvalidModelFile(
            "A forecast is cross-validated at its rolling origins; state 'forecast.origins' instead"
            " of 'search.folds'."
        )
    early = [lag for lag in forecast.lags if lag < forecast.horizon]
    if early:
        raise InvalidModelFile(
            f"forecast.lags holds {early[0]}, which is under the horizon of {forecast.horizon} "
            "steps: that value is not known yet when the forecast is made."
        )
    if seconds(forecast.step) < 60:
        raise InvalidModelFile("forecast.step must be at least a minute.")


def _check_views(model: ModelFile) -> None:
    if model.views and not model.time:
        raise InvalidModelFile(
            "Features of views are joined as of each row's time; name the column with 'time'."
        )
    for view, use in model.views.items():
        if not use.on:
            raise InvalidModelFile(
                f"views.{view} lacks 'on'; say which column holds each entity column of the view, "
                "such as {station: station}."
            )
        if len(set(use.features)) < len(use.features):
            raise InvalidModelFile(f"views.{view}.features names a feature twice.")


def check_joins(model: ModelFile, views: Mapping[str, ViewFile]) -> None:
    """Refuse to join digests with what they stand for: nothing would ever be found.

    Raises:
        InvalidModelFile: names the column that one of the two hashes and the other does not.
    """
    for name, use in model.views.items():
        personal = views[name].personal if name in views else {}
        for entity, column in use.on.items():
            hashes = personal.get(entity) == "hash", model.personal.get(column) == "hash"
            if name in views and hashes[0] != hashes[1]:
                raise InvalidModelFile(
                    f"views.{name} joins its '{entity}' with '{column}', which only the "
                    f"{'view' if hashes[0] else 'model'} hashes; state personal: hash in both."
                )


def _check_personal(model: ModelFile) -> None:
    told = stated_of_dropped(model.personal, model.clean, model.expect)
    if told:
        raise InvalidModelFile(
            f"{told} is stated, but 'personal' drops that column before any rule or expectation "
            "sees it; remove one of the two, or hash the column."
        )
    for column, how in model.personal.items():
        if how == "drop" and column in model.columns:
            raise InvalidModelFile(
                f"personal.{column} is to be dropped, but the model uses the column; hash it, or "
                "use another."
            )
        if model.features.get(column) == "number":
            raise InvalidModelFile(
                f"personal.{column} is hashed, which leaves no number; make it a category or "
                "leave it out."
            )
        if model.time and column == model.time.column:
            raise InvalidModelFile(f"personal.{column} is the time, which nothing can stand for.")
        rule = model.clean.columns.get(column)
        if how == "hash" and rule and rule.case == "upper":
            raise InvalidModelFile(
                f"clean.columns.{column}.case is 'upper', and digests are lower case; take 'lower'."
            )
    if model.target.column in model.personal:
        raise InvalidModelFile("The target cannot be a personal column; remove it from 'personal'.")


def _check_serving(model: ModelFile) -> None:
    for column in model.capture.redact:
        if column not in (*model.features, *model.context):
            raise InvalidModelFile(
                f"capture.redact names '{column}', which is no feature and no context column."
            )
    shares = [step.share for step in model.deploy.steps]
    if shares != sorted(set(shares)):
        raise InvalidModelFile("The shares of deploy.steps must rise from step to step.")


def _check_decision(model: ModelFile) -> None:
    reasons, adverse = model.decision.reasons, model.decision.adverse
    if adverse is not None and model.problem != "binary":
        raise InvalidModelFile(
            f"'decision.adverse' names a label of a binary model, and this one is {model.problem}."
        )
    if model.decision.costs and model.problem != "binary":
        raise InvalidModelFile(
            "'decision.costs' are those of a binary model's wrong answers, and this one is "
            f"{model.problem}."
        )
    if reasons and adverse is None:
        raise InvalidModelFile(
            "decision.reasons are told after a decision against a person; say with "
            "'decision.adverse' whether that is the 'positive' or the 'negative' label."
        )
    for column, text in reasons.items():
        if column not in model.features:
            raise InvalidModelFile(
                f"decision.reasons names '{column}', which is no feature; the features are "
                f"{', '.join(model.features)}."
            )
        if not text.strip():
            raise InvalidModelFile(
                f"decision.reasons says nothing about '{column}'; write the reason, or leave the "
                "column out."
            )
