"""The command `doorstep`: what an operator does with the server, each part with one line of help in both languages."""

import asyncio
import getpass
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
import msgspec

from doorstep import __version__, backup, context
from doorstep.core import clock
from doorstep.core.keys import KeyUnusable
from doorstep.core.problems import Problem
from doorstep.db import engine
from doorstep.db.embedded import EmbeddedUnusable
from doorstep.db.migrate import DatabaseUnreachable, MigrationFailed
from doorstep.identity.wire import OFFICE, SYSTEM, Role
from doorstep.intake.command import import_command
from doorstep.settings import SettingInvalid, Settings, from_environment

T = TypeVar("T")
# Said in both languages where they are raised.
_SAID = (
    *(SettingInvalid, KeyUnusable, EmbeddedUnusable, DatabaseUnreachable, MigrationFailed, OSError),
    backup.CopyFailed,
)
_SHEET = 200


class _Plain(click.Group):
    """Says what is wrong in plain words instead of a traceback, when it is nothing that a programmer has to see."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Problem as problem:
            said = problem.body()
            lines = [f"{said.title} / {said.title_en} [{said.code}]", said.detail, said.detail_en]
            lines += [f"{error.field}: {error.message} / {error.message_en}" for error in said.errors]
            raise click.ClickException("\n  ".join(filter(None, lines))) from problem
        except _SAID as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Plain, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="doorstep", help="Show the version. 版本")
def main() -> None:
    """Doorstep 到家: records of home-care visits. Settings are read from DOORSTEP_* in the environment."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _run(work: Callable[[Settings], Awaitable[T]]) -> T:
    settings = from_environment()
    return context.run(settings, lambda: work(settings))


@main.command(short_help="启动服务 · run the server")
@click.option("--host", help="Address to listen on. 监听地址")
@click.option("--port", type=int, help="Port to listen on. 监听端口")
@click.option("--workers", type=click.IntRange(1, 64), help="Server processes. 进程数")
def serve(**options: str | int | None) -> None:
    """Run the server until it is stopped. 启动服务"""
    from doorstep import serving

    given = {name: value for name, value in options.items() if value is not None}
    serving.serve(msgspec.structs.replace(from_environment(), **given))


@main.command(short_help="升级数据库 · bring the database to the newest version")
def migrate() -> None:
    """Bring the database to the newest version. 升级数据库"""
    ran = context.migrate(from_environment())
    click.echo("\n".join(f"已升级 / done: {name}" for name in ran) or "已是最新 / nothing to do")


import_command.short_help = "导入花名册 · import a roster workbook"
main.add_command(import_command)


@main.command(short_help="印制到家卡 · print cards")
@click.option("--home", "homes", type=click.UUID, multiple=True, help="A home, by its id; repeatable. 住户编号")
@click.option("--missing", is_flag=True, help="All homes that have no card yet. 所有还没有卡的住户")
@click.option("--layout", type=click.Choice(["card", "sheet"]), default="sheet", help="One card a page, or ten. 版式")
@click.option("--format", "form", type=click.Choice(["pdf", "png"]), default="pdf", help="PNG: one page only. 文件格式")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("cards"),
    show_default=True,
    help="Folder to write into. 输出文件夹",
)
def cards(homes: tuple[UUID, ...], missing: bool, layout: Any, form: Any, out: Path) -> None:
    """Print new cards; the cards that the homes had are void from then on. 印制到家卡（旧卡随即作废）"""
    from doorstep.households import service as households

    if bool(homes) == missing:
        raise click.UsageError("either --home or --missing / --home 和 --missing 二选一")

    out.mkdir(parents=True, exist_ok=True)

    async def work(settings: Settings) -> None:
        wanted = list(homes) or await households.homes_without_code(SYSTEM)
        size = (1 if layout == "card" else 10) if form == "png" else _SHEET
        for number, start in enumerate(range(0, len(wanted), size), 1):
            file = out / f"cards-{number:03d}.{form}"
            if file.exists():
                raise click.ClickException(f"{file} is there already / 文件已存在")
            content = await households.issue_and_draw(
                SYSTEM, wanted[start : start + size], layout=layout, format=form, settings=settings
            )
            file.write_bytes(content)
            click.echo(str(file))
        if not wanted:
            click.echo("每户都有卡 / every home has a card")

    _run(work)


@main.command(short_help="后台任务 · what time alone does")
@click.option("--once", is_flag=True, help="One round, then end. 只执行一轮")
def worker(once: bool) -> None:
    """Do what time alone does: missed visits, the planning horizon, reminders. Any number may run. 后台任务"""
    from doorstep import serving, working

    async def one_round(settings: Settings) -> None:
        moved, looked = await working.run_once(settings)
        click.echo(f"{moved} visits moved / 次服务状态已更新, {looked} reminders / 条提醒")

    async def for_ever(settings: Settings) -> None:
        async with working.running(settings):
            await asyncio.Event().wait()

    if once:
        _run(one_round)
    else:
        with serving.signals():
            _run(for_ever)


@main.command(short_help="检查安装 · check the installation")
def doctor() -> None:
    """Check the installation; ends with 1 if something is wrong. 检查安装"""
    from doorstep import doctor as checks

    sys.exit(0 if asyncio.run(checks.examine(from_environment())) else 1)


@main.command(short_help="演示 · the product with a sample district")
@click.option("--phone", is_flag=True, help="HTTPS for phones in this network. 供同一网络的手机使用")
@click.option("--port", type=click.IntRange(1, 65_535), help="Port; a free one from 8000 on when left out. 端口")
@click.option("--no-serve", is_flag=True, help="Prepare everything, then end. 只准备数据")
def demo(phone: bool, port: int | None, no_serve: bool) -> None:
    """The product with a sample district on this machine. 演示"""
    from doorstep import demo as show

    show.run(from_environment(), phone=phone, port=port, then_serve=not no_serve)


@main.command("backup", short_help="备份数据库 · back up the database")
@click.argument("file", type=click.Path(path_type=Path))
def back_up(file: Path) -> None:
    """Back up the database into FILE, or into a folder; the server may run. 备份数据库（不用停止服务）"""
    settings = from_environment()
    with context.database(settings) as dsn:
        made = backup.take(dsn, file, settings.data_dir)
    click.echo(f"已备份 / done: {made}")
    click.echo(f"请把它和密钥文件夹一起存到别的机器上 / keep it with the keys, on another machine: {settings.keys_dir}")


@main.command(short_help="恢复备份 · put a backup in the place of the database")
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put the backup FILE in the place of the database; stop the server first. 恢复备份（先停止服务）"""
    settings = from_environment()
    with context.database(settings) as dsn:
        done = backup.restore(dsn, file)
    if done.latest:
        when = done.latest.astimezone(clock.CHINA)
        click.echo(f"已恢复到 {when:%Y-%m-%d %H:%M} 的数据 / restored to what was known then")
    if done.kept_as:
        click.echo(f"原来的数据库没有删除，改名为 / the database before it is kept as: {done.kept_as}")
    click.echo("启动服务后，手机会自动把备份之后的打卡记录重新传上来；备份之后在办公室改过的内容要重新录入")
    click.echo("start the server: phones send again their records since then; redo what the office changed since")
    click.echo("请运行 doorstep doctor 检查密钥 / run doorstep doctor, it tries the keys")


@main.command(short_help="请所有手机重传 · ask all phones to send again")
def resend() -> None:
    """Ask all phones to send again what they keep: after a data folder or a machine was set back. 请所有手机重传记录"""
    with context.database(from_environment()) as dsn:
        asyncio.run(backup.ask_again(dsn))
    click.echo("重启服务后，手机会把最近 60 天的记录再传一遍，已有的不会重复")
    click.echo("restart the server: phones send the records of 60 days again, none is there twice")


@main.group(short_help="机构账号 · office accounts")
def account() -> None:
    """Office accounts. 机构账号"""


def _password(given: str | None) -> str:
    if given == "-":
        return sys.stdin.readline().rstrip("\n")
    if given is not None:
        return given
    first = getpass.getpass("密码 password: ")
    if getpass.getpass("再输一次 again: ") != first:
        raise click.ClickException("两次输入不一致 / the two differ")
    return first


async def _id_of(table: str, column: str, value: str) -> UUID:
    rows = await engine.fetch(f"SELECT id FROM {table} WHERE {column} = $1", value)
    if len(rows) != 1:
        raise click.ClickException(f"{table} “{value}”: {len(rows)} found / 找到 {len(rows)} 个")
    return rows[0]["id"]


_password_option = click.option("--password", help="Asked for when left out; - reads it from the input. 密码")


@account.command()
@click.argument("login")
@click.option(
    "--role", type=click.Choice(sorted(role.value for role in OFFICE)), required=True, help="What they do. 角色"
)
@click.option("--name", required=True, help="Name on the screens. 显示名称")
@click.option("--provider", help="Its name, for dispatchers and managers. 服务机构名称")
@click.option("--area", help="Its name, for officers and auditors. 街乡或区名称")
@click.option("--caregiver", help="Phone of the same person as a caregiver. 本人也是护理员时：其手机号")
@_password_option
def create(
    login: str,
    role: str,
    name: str,
    provider: str | None,
    area: str | None,
    caregiver: str | None,
    password: str | None,
) -> None:
    """Create an account. 新建账号"""
    from doorstep.identity import service as identity

    secret = _password(password)

    async def work(_settings: Settings) -> None:
        await identity.create_account(
            SYSTEM,
            role=Role(role),
            login=login,
            password=secret,
            display_name=name,
            provider_id=await _id_of("provider", "name", provider) if provider else None,
            area_id=await _id_of("area", "name", area) if area else None,
            caregiver_phone=caregiver,
        )

    _run(work)
    click.echo(f"已新建 / created: {login}")


@account.command("set-password")
@click.argument("login")
@_password_option
def set_password(login: str, password: str | None) -> None:
    """Give an account a new password; its sessions end. 重设密码"""
    from doorstep.identity import service as identity

    secret = _password(password)

    async def work(_settings: Settings) -> None:
        id = await _id_of("account", "login", login.strip().casefold())
        await identity.set_password(SYSTEM, account_id=id, password=secret)

    _run(work)
    click.echo(f"已重设 / done: {login}")


@main.command("push-key", short_help="更换推送密钥 · replace the key of push")
@click.option("--new", is_flag=True, required=True, help="The old one is lost for good. 旧密钥确实找不回来了")
def push_key(new: bool) -> None:
    """Make a new key of push; every device has to switch reminders on again. 更换推送密钥（各设备要重新开启提醒）"""
    from doorstep.reminders import push

    del new
    ended = _run(lambda settings: push.new_key(SYSTEM, settings))
    click.echo(f"已更换，{ended} 台设备要重新开启提醒 / done, {ended} device(s) have to switch reminders on again")
