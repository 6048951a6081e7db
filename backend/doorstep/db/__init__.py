"""The database: engine and unit of work, the embedded server, all tables, migrations. Knows no feature."""

import os

# Piccolo finds its engine through this name; it is ours, whatever the environment says.
os.environ["PICCOLO_CONF"] = "doorstep.db.conf"
