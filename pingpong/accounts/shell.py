"""People, from the shell: `flask users …`."""

import sys

import click
from flask import Blueprint
from pydantic import ValidationError

from pingpong.accounts.endings import tell_ended
from pingpong.accounts.models import User, find_people
from pingpong.accounts.schemas import PasswordChange, Registration
from pingpong.errors import InvalidInput, PingpongError

blueprint = Blueprint("users", __name__, cli_group="users")
blueprint.cli.help = "Accounts: make an administrator, set a password, list."

PAGE = 100

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking."
)


@blueprint.cli.command("create-admin")
@click.argument("email")
@click.option("--username", default=None, help="The e-mail address, unless given.")
@password_option
def create_admin(email: str, username: str | None, password_stdin: bool) -> None:
    """Make an administrator, or make one of whoever has this e-mail address."""
    known = User.find_by_name(email)
    if known:
        known.make_admin()
        click.echo(f"{known.username} is an administrator now.")
        return
    try:
        given = Registration(email=email, username=username, password=_ask_password(password_stdin))
        user = given.register(by_themselves=False)
    except (ValidationError, PingpongError) as error:
        raise _refusal(error) from None
    user.make_admin()
    click.echo(f"Made the administrator {user.username}.")


@blueprint.cli.command("set-password")
@click.argument("name")
@password_option
def set_password(name: str, password_stdin: bool) -> None:
    """Give somebody another password, and end all of their sessions."""
    user = User.find_by_name(name)
    if user is None:
        raise click.ClickException(f"there is nobody named {name}")
    try:
        given = PasswordChange(old_password="", new_password=_ask_password(password_stdin))
    except ValidationError as error:
        raise _refusal(error) from None
    ended = user.set_password(given.new_password)
    tell_ended(ended)
    click.echo(f"{user.username} has a new password; {len(ended)} sessions ended.")


@blueprint.cli.command("list")
@click.option("--q", default="", help="A part of the username, e-mail address or name.")
def list_users(q: str) -> None:
    """List people, newest first: id, username, e-mail address, name, and whether an administrator."""
    after = None
    while True:
        people, after = find_people(q, after=after, limit=PAGE)
        for user in people:
            role = "admin" if user.is_admin else ""
            click.echo("\t".join([str(user.id), user.username, user.email, user.name, role]).rstrip())
        if after is None:
            return


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


def _refusal(error: ValidationError | PingpongError) -> click.ClickException:
    if isinstance(error, ValidationError):
        error = InvalidInput.from_pydantic(error)
    return click.ClickException(error.message.replace("new_password", "password"))
