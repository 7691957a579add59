"""Renders what a page of the site says of one Result, and the security policy that all pages are served with."""
