"""Composes the stacks. `-c environment=local` names the laptop cloud; the default is an account."""

from aws_cdk import App, Validations

from infra.evergreen import compose
from infra.settings import InvalidSettings, settings_from

app = App()
try:
    settings = settings_from(app.node)
except InvalidSettings as error:
    raise SystemExit(str(error)) from None
compose(app, settings)
if settings.checked:
    from cdk_nag import AwsSolutionsChecks  # half a second that the laptop need not wait

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
app.synth()
