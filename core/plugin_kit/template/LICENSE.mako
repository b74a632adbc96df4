Put the text of your licence here before you publish ${project}, and name it in pyproject.toml
(license = "…", an SPDX expression). Until then all rights are reserved.
