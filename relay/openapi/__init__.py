"""The API described: one OpenAPI document made from the marshmallow schemas, and a page that people can read."""
