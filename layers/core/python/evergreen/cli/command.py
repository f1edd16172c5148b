"""What all commands share: the options, the client, and errors as one sentence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.cli.show import Show
from evergreen.errors import EvergreenError

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_AWS = click.option("--aws", is_flag=True, help="Use AWS even where a local cloud runs.")
_PREFIX = click.option(
    "--prefix", default="evergreen", show_default=True, help="What the stacks' names begin with."
)


def on_cloud(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its client and its show, and the options that choose them.

    A context object, where there is one, makes the client in place of :meth:`Cloud.find`.
    """

    @wraps(command)
    def run(as_json: bool, aws: bool, prefix: str, **given: Any) -> None:
        show = Show(as_json=as_json)
        with errors_as_sentences():
            make = click.get_current_context().obj or (
                lambda: Client(Cloud.find(aws=aws, prefix=prefix))
            )
            client = make()
            show.note(f"Working on {client.cloud.description}.")
            command(client, show, **given)

    return _JSON(_AWS(_PREFIX(run)))


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """What a person can put right becomes one sentence on stderr and exit code 1."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except EvergreenError as error:
        raise click.ClickException(error.sentence) from error
    except ClientError as error:
        raise click.ClickException(_refused_by_aws(error)) from error
    except BotoCoreError as error:
        raise click.ClickException(_unreachable(error)) from error


def _refused_by_aws(error: Any) -> str:
    what = error.response.get("Error", {})
    return f"AWS refused {error.operation_name}: {what.get('Message') or what.get('Code')}"


def _unreachable(error: Exception) -> str:
    from botocore.exceptions import ConnectionError as Unconnected
    from botocore.exceptions import HTTPClientError, NoCredentialsError

    if isinstance(error, NoCredentialsError):
        return "There are no AWS credentials; set them up, or start the local cloud (make demo)."
    if isinstance(error, HTTPClientError | Unconnected):
        return f"The cloud cannot be reached: {error}"
    return str(error)
