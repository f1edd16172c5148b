"""The policies that are compared: a model file with another ``retrain``."""

from msgspec.structs import replace

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.policies import Retrain
from evergreen.errors import InvalidRequest

POLICIES = ("never", "schedule", "drift", "performance", "default")

_TOLD = {
    "never": "The first version serves to the end.",
    "schedule": "Retrain every {every}, whatever is found.",
    "drift": "Retrain on drift of the inputs alone.",
    "performance": "Retrain on realised performance alone.",
    "default": "As the model file says: on {on}.",
}


def under(policy: str, file: ModelFile, every: str) -> ModelFile:
    """The model file under a policy; gates and training windows stay.

    Args:
        every: how often the schedule retrains.

    Raises:
        InvalidRequest: there is no such policy.
    """
    return replace(file, retrain=_retrain(policy, file.retrain, every))


def told(policy: str, file: ModelFile, every: str) -> str:
    """What a policy is, in words."""
    return _TOLD[policy].format(every=every, on=", ".join(file.retrain.on) or "nothing")


def _retrain(policy: str, stated: Retrain, every: str) -> Retrain:
    match policy:
        case "never":
            return replace(stated, on=(), age=None, schedule=None)
        case "schedule":
            at_once = replace(stated, confirmations=1, cool_down_minutes=0.0, outcomes_at_least=1)
            return replace(at_once, on=("schedule",), schedule=every, age=None)
        case "drift" | "performance":
            return replace(stated, on=(policy,), age=None, schedule=None)
        case "default":
            return stated
    raise InvalidRequest(f"There is no policy '{policy}'; there are {', '.join(POLICIES)}.")
