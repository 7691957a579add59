"""The registry as a static site: entries -> boards and histories -> pages, in English and Chinese."""
