[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "${project}"
version = "0.1.0"
description = "${label} usage for Forfait"
readme = "README.md"
requires-python = ">=3.11"
license-files = ["LICENSE"]
dependencies = ["forfait${forfait_range}"]

[project.optional-dependencies]
test = ["forfait[plugin-kit]"]

# Forfait finds the plugin by this line: a name, and the module with the hooks.
[project.entry-points."forfait.plugins"]
${name} = "${package}.plugin"

[tool.hatch.build.targets.wheel]
packages = ["src/${package}"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]
