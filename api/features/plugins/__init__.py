"""The plugins of the installation in the schema: what they bring, and how they fare."""
