"""`doorstep import FILE`: the roster of an office into the database, with a progress bar and a report for programs."""

from pathlib import Path

import click

from doorstep import context
from doorstep.core import clock
from doorstep.core.problems import Problem
from doorstep.identity.wire import SYSTEM
from doorstep.intake import service
from doorstep.intake.wire import ImportReport, RowReport, RowStatus
from doorstep.settings import Settings, from_environment

_SHOWN = 20


def run(
    settings: Settings,
    file: Path,
    *,
    apply: bool = True,
    report: Path | None = None,
    shift_to_today: bool = False,
    quiet: bool = False,
) -> ImportReport:
    """Imports a file with everything around it (keys, database, schema, pool).

    :raises Problem: if the file cannot be used at all.
    """

    async def work() -> ImportReport:
        shift = clock.today() if shift_to_today else None
        if quiet:
            return await service.import_file(SYSTEM, file, report=report, apply=apply, shift_to=shift)
        # The length is known only when the file has been read.
        with click.progressbar(length=1, label=file.name, width=30, show_eta=False) as bar:

            def tell(done: int, total: int) -> None:
                bar.length = max(total, 1)
                bar.update(done - bar.pos)

            return await service.import_file(SYSTEM, file, report=report, apply=apply, progress=tell, shift_to=shift)

    return context.run(settings, work)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would happen, write nothing. 只预览，不写入")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write every row's result as JSON. 逐行结果"
)
@click.option(
    "--shift-to-today", is_flag=True, help="Move all dates by whole years to this year. 日期整体移到今年（演示用）"
)
@click.option("--strict", is_flag=True, help="Exit with 3 if any row was refused. 有拒绝的行时退出码为 3")
@click.option("--quiet", is_flag=True, help="No progress bar, no list. 不显示进度和明细")
def import_command(
    file: Path, dry_run: bool, report: Path | None, shift_to_today: bool, strict: bool, quiet: bool
) -> None:
    """Import the roster workbook of an office (xlsx, xls, xlsb, ods, csv). 导入花名册"""
    try:
        done = run(
            from_environment(), file, apply=not dry_run, report=report, shift_to_today=shift_to_today, quiet=quiet
        )
    except Problem as problem:
        said = problem.body()
        extra = f"（{said.detail}）" if said.detail else ""
        raise click.ClickException(f"{said.title}{extra} / {said.title_en} [{said.code}]") from problem
    if not quiet:
        _show(done, dry_run=dry_run)
    if strict and done.counts.refused:
        raise SystemExit(3)


def _show(done: ImportReport, *, dry_run: bool) -> None:
    for sheet in done.sheets:
        click.echo(
            f"  {sheet.name}: 新增 {sheet.created}  更新 {sheet.updated}  未变 {sheet.unchanged}  拒绝 {sheet.refused}"
        )
    refused = [row for row in done.rows if row.status is RowStatus.REFUSED]
    for row in refused[:_SHOWN]:
        click.echo("  ✗ " + _line(row))
    if len(refused) > _SHOWN:
        click.echo(f"  … 还有 {len(refused) - _SHOWN} 行，见 --report / {len(refused) - _SHOWN} more, see --report")
    told = [row for row in done.rows if row.code and row.status is not RowStatus.REFUSED]
    for row in told[:_SHOWN]:
        click.echo("  · " + _line(row))
    for note in done.notes[:_SHOWN]:
        row = f"第 {note.row} 行" if note.row else ""
        place = " ".join(filter(None, [note.sheet, row, note.column or ""]))
        click.echo(f"  · {place}: {note.message}")
    counts = done.counts
    head = "预览，未写入 / preview, nothing written" if dry_run else "已导入 / imported"
    click.echo(
        f"{head}: {counts.created} created, {counts.updated} updated, "
        f"{counts.unchanged} unchanged, {counts.refused} refused"
    )


def _line(row: RowReport) -> str:
    column = f" “{row.column}”" if row.column else ""
    return f"{row.sheet} 第 {row.row} 行{column}: {row.message} / {row.message_en} [{row.code}]"
