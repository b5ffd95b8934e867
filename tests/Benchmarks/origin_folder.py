#!/usr/bin/python3
"""Makes a DataStore folder of a benchmark tree: DEST/<uuid>/0/export.{n5,xml}, the block files hard-linked.

usage: origin_folder.py DATA DEST      (DATA holds export.n5 and manifest.json; both on one file system)
"""
import json
import os
import shutil
import subprocess
import sys

UUID = "00000000-0000-4000-8000-000000000001"
data, dest = sys.argv[1:3]
version = os.path.join(dest, UUID, "0")
shutil.rmtree(dest, ignore_errors=True)
os.makedirs(version)
subprocess.run(["cp", "-al", os.path.join(data, "export.n5"), version], check=True)

with open(os.path.join(data, "manifest.json")) as f:
    manifest = json.load(f)
dims = " ".join(str(n) for n in manifest["options"]["dims"])
timepoints = manifest["options"]["timepoints"]
entity = lambda name: f'<Attributes name="{name.lower()}"><{name}><id>0</id><name>0</name></{name}></Attributes>'
views = "".join(
    f'<ViewRegistration timepoint="{t}" setup="0"><ViewTransform type="affine">'
    "<affine>1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 1.0 0.0</affine></ViewTransform></ViewRegistration>"
    for t in range(timepoints))
with open(os.path.join(version, "export.xml"), "w") as f:
    f.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<SpimData version="0.2"><BasePath type="relative">export.n5</BasePath><SequenceDescription>'
        '<ImageLoader format="bdv.n5" version="1.0"><n5 type="relative">.</n5></ImageLoader><ViewSetups><ViewSetup><id>0</id><name>setup0</name>'
        f"<size>{dims}</size><voxelSize><unit>um</unit><size>1.0 1.0 1.0</size></voxelSize><attributes><illumination>0</illumination>"
        "<channel>0</channel><tile>0</tile><angle>0</angle></attributes></ViewSetup>"
        + "".join(entity(n) for n in ("Illumination", "Channel", "Tile", "Angle"))
        + f'</ViewSetups><Timepoints type="range"><first>0</first><last>{timepoints - 1}</last></Timepoints></SequenceDescription>'
        f"<ViewRegistrations>{views}</ViewRegistrations></SpimData>\n")
