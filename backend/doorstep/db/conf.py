"""What Piccolo's own commands look for (PICCOLO_CONF=doorstep.db.conf): the engine and our one app."""

from piccolo.conf.apps import AppRegistry

from doorstep.db.engine import DB

DB = DB
APP_REGISTRY = AppRegistry(apps=["doorstep.db.piccolo_app"])
