"""A window of WebKitGTK with a profile on the disk, told what to do by lines of JSON. Run by the system's own Python.

WebKit's WebDriver knows only windows that forget everything; phones do not.
"""

import json
import sys
from pathlib import Path

import gi  # pyright: ignore[reportMissingImports]

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2  # noqa: E402  # pyright: ignore


class Window:
    """Takes one command after another from standard input, answers each with one line on standard output."""

    def __init__(self, profile: Path) -> None:
        kept = WebKit2.WebsiteDataManager(
            base_data_directory=str(profile / "data"), base_cache_directory=str(profile / "cache")
        )
        context = WebKit2.WebContext.new_with_website_data_manager(kept)
        context.set_preferred_languages(["zh-CN"])
        self._view = WebKit2.WebView.new_with_context(context)
        self._view.connect("load-changed", self._loaded)
        self._view.connect("permission-request", lambda _view, request: request.deny() or True)
        self._view.connect("web-process-terminated", lambda *_: Gtk.main_quit())
        window = Gtk.Window(default_width=360, default_height=740)
        window.add(self._view)
        window.show_all()
        self._loading = False
        GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, self._command)

    def _command(self, _source: int, _condition: int) -> bool:
        line = sys.stdin.readline()
        if not line:
            Gtk.main_quit()
            return False
        command = json.loads(line)
        if "url" in command:
            self._loading = True
            self._view.load_uri(command["url"])
        else:
            body = command["script"]
            self._view.call_async_javascript_function(body, -1, None, None, None, None, self._done)
        return True

    def _loaded(self, _view: object, event: object) -> None:
        if self._loading and event == WebKit2.LoadEvent.FINISHED:
            self._loading = False
            self._say(None)

    def _done(self, view: object, result: object) -> None:
        try:
            value = view.call_async_javascript_function_finish(result)  # pyright: ignore
            self._say(value.to_string())
        except GLib.Error as error:
            self._say(f"!{error.message}")

    def _say(self, answer: str | None) -> None:
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    Window(Path(sys.argv[1]))
    print(json.dumps("ready"), flush=True)
    Gtk.main()
