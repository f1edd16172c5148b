"""The command ``evergreen``."""

from importlib.metadata import version

import click

from evergreen.cli.batches import score
from evergreen.cli.drafts import draft
from evergreen.cli.erasures import erase
from evergreen.cli.explanations import explain
from evergreen.cli.models import apply, models, promote, rollback
from evergreen.cli.monitoring import check, decisions, fleet
from evergreen.cli.observations import observe
from evergreen.cli.predictions import feedback, predict
from evergreen.cli.reports import report
from evergreen.cli.runs import runs, train
from evergreen.cli.serve import export, serve
from evergreen.cli.simulations import simulate
from evergreen.cli.views import views


def _show_version(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"evergreen {version('evergreen-ml')}")
        context.exit()


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=[
        draft,
        apply,
        train,
        runs,
        models,
        predict,
        explain,
        score,
        feedback,
        observe,
        promote,
        rollback,
        report,
        fleet,
        check,
        decisions,
        erase,
        simulate,
        export,
        serve,
        views,
    ],
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,  # click's own reads the locale from the environment on import
    help="Show the version and exit.",
)
def main() -> None:
    """Keeps machine-learning models fresh on serverless AWS.

    Commands work on the cloud that AWS_ENDPOINT_URL names, else on a local cloud that runs here
    (build/cloud.json), else on AWS with your usual credentials.
    """
