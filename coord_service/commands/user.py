"""Add an account (the first administrator, above all) or list those there are."""

import argparse
import asyncio

from sqlalchemy.exc import DBAPIError

from coord_service.bootstrap import build
from coord_service.commands.installation import load_settings
from coord_service.commands.terminal import BadInput
from coord_service.domain.people import ROLE_NAMES, Actor, Role
from coord_service.errors import Refused
from coord_service.operations import accounts
from coord_service.operations.accounts import AddUser
from coord_service.operations.tools import Tools


def register(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list")
    add = actions.add_parser("add", help="add an account; the invitation goes out by mail, and its link is printed")
    add.add_argument("--name", required=True)
    add.add_argument("--email", required=True)
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    actions.add_parser("list", help="one line an account: address, role, state, tab-separated")


def run(arguments: argparse.Namespace) -> int:
    """Do it on the installation of the environment."""
    tools = build(load_settings())
    try:
        asyncio.run(_run(tools, arguments))
    except Refused as error:
        raise BadInput(str(error)) from error
    except (DBAPIError, OSError) as error:
        raise BadInput("the database does not answer or has no tables yet: run coord migrate") from error
    return 0


async def _run(tools: Tools, arguments: argparse.Namespace) -> None:
    try:
        lines = await (_add(tools, arguments) if arguments.action == "add" else _list(tools))
    finally:
        await tools.close()
    for line in lines:
        print(line)


async def _add(tools: Tools, arguments: argparse.Namespace) -> list[str]:
    asked = AddUser(name=arguments.name, email=arguments.email, role=Role(arguments.role))
    _, link = await accounts.add_user(tools, Actor.job("command"), asked)
    return [
        "Invited. The same link, to choose a password with in the next 7 days, in case mail does not run yet:",
        link,
    ]


async def _list(tools: Tools) -> list[str]:
    return [f"{user.email}\t{ROLE_NAMES[user.role]}\t{_state(user)}" for user in await accounts.list_users(tools)]


def _state(user: accounts.UserFacts) -> str:
    if not user.is_active:
        return "closed"
    return "can sign in" if user.has_password else "invited"
