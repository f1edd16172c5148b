"""The command ``evergreen``."""

import click

from evergreen.cli.models import apply, models, promote, rollback
from evergreen.cli.predictions import feedback, predict
from evergreen.cli.reports import report
from evergreen.cli.runs import runs, train


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=[apply, train, runs, models, predict, feedback, promote, rollback, report],
)
@click.version_option(
    package_name="evergreen-ml", message="%(prog)s %(version)s", help="Show the version and exit."
)
def main() -> None:
    """Keeps machine-learning models fresh on serverless AWS.

    Commands work on the cloud that AWS_ENDPOINT_URL names, else on a local cloud that runs here
    (build/cloud.json), else on AWS with your usual credentials.
    """
