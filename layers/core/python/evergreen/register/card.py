"""The model card: what a version is, for people who decide whether to trust it.

Its parts follow "Model Cards for Model Reporting" (Mitchell et al. 2019), as far as they can be
told from what the run recorded; nothing on it is written by hand, so nothing on it can be out of
date. A version's number is given after its card is written, so the card names the run instead.
"""

from collections.abc import Iterable

from evergreen.contracts import keys
from evergreen.contracts.candidate import BlendReport
from evergreen.contracts.explanation import Explanation, LinearExplanation
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Artifact, Lineage
from evergreen.contracts.verdict import Contest, Verdict
from evergreen.figures import metric_text
from evergreen.page import Html, bar, page, paragraph, section, table
from evergreen.register.blended import answered, members, window
from evergreen.register.learned import Learned, columns, data, splits


def card(
    file: ModelFile,
    lineage: Lineage,
    verdict: Verdict,
    learned: Learned,
    explanation: Explanation,
    blend: BlendReport,
    *,
    artifacts: tuple[Artifact, ...],
    at: str,
) -> bytes:
    """A self-contained HTML page.

    Args:
        artifacts: all of the version's artifacts but the card itself.
        at: when the version was registered, ISO 8601.
    """
    return page(
        f"Model card: {file.name}",
        f"Made by run {lineage.run_id} ({lineage.trigger}), registered {at} by the workflow, "
        f"from revision {lineage.model_file_revision} of the model file.",
        section(
            "What it predicts", *_purpose(file, verdict), *answered(file, blend), columns(learned)
        ),
        section(
            "What it learned from",
            data(file, lineage, learned),
            *window(blend),
            splits(learned),
        ),
        section("How good it is", *_performance(verdict)),
        section("Gates", _gates(verdict)),
        section("Baselines", *_baselines(verdict)),
        section("Champion and challenger", *_contest(verdict.metric, verdict.contest)),
        section("Groups that must be treated alike", *_fairness(file, verdict)),
        section("How a prediction is explained", *_explained(file, explanation)),
        section("Columns never learned from", *_excluded(file)),
        section("How it was made", _lineage(lineage), *members(blend)),
        section("Artifacts", _artifacts(artifacts)),
    )


def _purpose(file: ModelFile, verdict: Verdict) -> Iterable[Html]:
    target, positive = file.target.column, file.target.positive
    if file.problem == "binary":
        yield paragraph(
            f"The probability that the column '{target}' has the value '{positive}'. From "
            f"{verdict.threshold:.3f} on it answers '{positive}'."
        )
    elif file.problem == "multiclass":
        yield paragraph(
            f"The probability of each value of the column '{target}'. It answers the likeliest."
        )
    elif file.forecast:
        series = f", for each {' and '.join(file.forecast.series)}" if file.forecast.series else ""
        yield paragraph(
            f"The column '{target}', {file.forecast.horizon} steps of {file.forecast.step} "
            f"ahead{series}."
        )
    else:
        yield paragraph(f"The number in the column '{target}'.")


def _performance(verdict: Verdict) -> Iterable[Html]:
    low, value, high = (
        metric_text(verdict.metric, each, 4)
        for each in (verdict.interval[0], verdict.value, verdict.interval[1])
    )
    positive = f", {verdict.positives:,} of them positive" if verdict.problem == "binary" else ""
    yield paragraph(
        f"{verdict.metric} {value} (90 % bootstrap interval {low} to {high}) "
        f"on {verdict.rows:,} hold-out rows{positive}{_span(verdict)}. "
        "The hold-out took no part in fitting or tuning."
    )
    yield table(["Metric", "Value"], sorted(verdict.metrics.items()))


def _span(verdict: Verdict) -> str:
    return f", from {verdict.oldest} to {verdict.newest}" if verdict.newest else ""


def _gates(verdict: Verdict) -> Html:
    rows = [(g.name, "passed" if g.passed else "not passed", g.sentence) for g in verdict.gates]
    return table(["Gate", "Result", "What was found"], rows)


def _baselines(verdict: Verdict) -> Iterable[Html]:
    if not verdict.baselines:
        yield paragraph("None was measured.")
        return
    yield paragraph(
        "What answers without skill, and a plain model with its defaults, score on the same "
        "hold-out rows, and the share of paired bootstrap resamples in which this one is better."
    )
    rows = [
        (b.name, "plain model" if b.plain else "no skill", b.value, f"{b.confidence:.1%}")
        for b in verdict.baselines
    ]
    yield table(["Baseline", "Kind", verdict.metric, "This one is better"], rows)


def _contest(metric: str, contest: Contest | None) -> Iterable[Html]:
    if contest is None:
        yield paragraph("No version served yet when it was evaluated.")
        return
    yield paragraph(
        f"Against version {contest.champion_version}, on the same hold-out rows, it was better in "
        f"{contest.confidence:.1%} of paired bootstrap resamples."
    )
    rows = [
        ("this one", contest.challenger),
        (f"version {contest.champion_version}", contest.champion),
    ]
    yield table(["Version", metric], rows)


def _fairness(file: ModelFile, verdict: Verdict) -> Iterable[Html]:
    if not file.protected:
        yield paragraph("The model file names no protected column.")
        return
    if file.classifies:
        yield from _opportunity(file, verdict)
    else:
        yield paragraph(
            "Mean of prediction minus truth by group on the hold-out. The largest allowed "
            f"difference is {file.gates.fairness_gap:g} standard deviations of the target; groups "
            f"with fewer than {file.gates.fairness_group_at_least} rows are too small to judge."
        )
        found = [(g.column, g.group, g.rows, f"{g.error or 0:.4g}") for g in verdict.groups]
        yield table(["Column", "Group", "Rows", "Mean error"], found)


def _opportunity(file: ModelFile, verdict: Verdict) -> Iterable[Html]:
    yield paragraph(
        "True positive rate by group on the hold-out (equal opportunity; Hardt, Price and Srebro "
        f"2016). The largest allowed difference is {file.gates.fairness_gap:g}; groups with fewer "
        f"than {file.gates.fairness_group_at_least} positive rows are too small to judge."
    )
    several = file.problem == "multiclass"
    rows = [
        (
            *(g.column, *((g.label,) if several else ()), g.group, g.rows, g.positives),
            *(g.true_positive_rate, bar(g.true_positive_rate)),
        )
        for g in verdict.groups
    ]
    of = ["Class"] if several else []
    yield table(["Column", *of, "Group", "Rows", "Positive", "True positive rate", ""], rows)


def _explained(file: ModelFile, explanation: Explanation) -> Iterable[Html]:
    yield paragraph(
        "Asked with '?explain=reasons', each prediction comes with what every column added to it, "
        "compared with the rows it learned from (Shapley values)."
    )
    if isinstance(explanation, LinearExplanation):
        what = "log-odds" if file.classifies else "number"
        yield paragraph(f"The model is linear: they are exact, and add up to the {what}.")
    else:
        what = "probability" if file.classifies else "number"
        yield paragraph(
            f"They add up to the {what}. The graph is asked about rows in which some columns "
            f"are the person's and the others those of {len(explanation.background)} typical "
            "training rows: all such rows where the columns are few, else along random orders of "
            "the columns; the same row is always explained alike."
        )
    if file.decision.adverse is None:
        yield paragraph("The model file names no label as a decision against a person.")
        return
    yield paragraph(
        f"The {file.decision.adverse} label is a decision against the person. It comes with up to "
        "four principal reasons (12 CFR 1002.9(b)(2)), in these words:"
    )
    words = file.decision.reasons
    yield table(["Column", "Reason"], [(name, words.get(name, name)) for name in file.features])


def _excluded(file: ModelFile) -> Iterable[Html]:
    if not file.exclude and not file.context:
        yield paragraph("None is named.")
        return
    beside = "travels beside the features, never learned from"
    yield table(["Column", "Why"], [*file.exclude.items(), *((c, beside) for c in file.context)])


def _lineage(lineage: Lineage) -> Html:
    rows = [
        ("Run", lineage.run_id),
        ("Page of the run", keys.run_report(lineage.run_id, "html")),
        ("Dataset", lineage.dataset),
        ("Feature set", lineage.feature_set),
        ("Model file revision", lineage.model_file_revision),
        *((f"Setting: {name}", value) for name, value in lineage.configuration.items()),
    ]
    return table(["", ""], rows)


def _artifacts(artifacts: Iterable[Artifact]) -> Html:
    rows = [(a.key, f"{a.bytes:,}", a.sha256) for a in artifacts]
    return table(["Object", "Bytes", "SHA-256"], rows)
