"""What every example starts with and waits for: the laptop cloud, and a run in it."""

import os
from collections.abc import Callable

from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.contracts.registry import Run
from rich.markup import escape

from examples.narrator import Narrator, Progressing
from localstack import cloud as laptop
from localstack.deployment import STACKS, deploy
from localstack.endpoint import ROOT


def stand_up(story: Narrator) -> tuple[Client, int]:
    """Start and deploy, or find what stands; gives also the number of resources in all stacks."""
    with story.step("Start the cloud on this machine", "its log: build/cloud.log") as step:
        local = laptop.start(int(os.environ.get("EVERGREEN_PORT", laptop.PORT)))
        step.say(f"{local.endpoint} answers, on loopback alone")
    with story.step("Deploy the stacks with the CDK", "templates: build/cdk-4566/out/") as step:
        step.now("cdk deploy --all")
        deploy(local)
        resources = _count_resources(local)
        step.say(f"{len(STACKS)} stacks, {resources} resources")
    return Client(Cloud.find(start=ROOT)), resources


def _count_resources(local: laptop.Cloud) -> int:
    cloudformation = local.client("cloudformation")
    pages = (cloudformation.describe_stack_resources(StackName=name) for name in STACKS)
    return sum(len(page["StackResources"]) for page in pages)


def follow(
    step: Progressing,
    client: Client,
    run_id: str,
    meanwhile: Callable[[], None] = lambda: None,
) -> Run:
    """Watch a run to its end, a line for each stage that is done."""
    told: set[tuple[str, str]] = set()

    def tell_changes(run: Run) -> None:
        for stage in run.stages:
            if stage.status == "running":
                step.now(f"{stage.stage} …")
            elif (stage.stage, stage.started_at) not in told:
                told.add((stage.stage, stage.started_at))
                step.say(f"[cyan]{stage.stage:<14}[/] {escape(stage.summary)}")
        meanwhile()

    return client.follow(run_id, tell_changes)
