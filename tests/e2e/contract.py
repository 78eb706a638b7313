"""Whether a reply is one that /openapi.json promises: path, method, status, media type, headers, schema."""

import json
import re
from urllib.parse import urlsplit

import jsonschema

NO_REQUEST = (400, 408, 413, 414, 417, 431, 501, 505)
FORMATS = jsonschema.FormatChecker(formats=())
PATTERNS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "date": r"\d{4}-\d\d-\d\d",
    "email": r"[^@\s]+@[^@\s]+",
}
for format_name, pattern in PATTERNS.items():
    FORMATS.checks(format_name)(
        lambda value, whole=re.compile(pattern): not isinstance(value, str) or bool(whole.fullmatch(value)))


class Contract:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)
        self.validators = {}
        prefix = urlsplit(document.get("servers", [{"url": ""}])[0]["url"]).path.rstrip("/")
        # Among templates that fit, the one with fewer parameters is meant.
        self.paths = sorted(
            ((re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(prefix + path))), path) for path in document["paths"]),
            key=lambda entry: entry[1].count("{"))

    def check(self, method, target, reply):
        path = self.path_of(target)
        if path is None:
            assert reply.status in (401, 404), f"{target} is not in the document, yet answers {reply}"
            return
        operation = self.document["paths"][path].get(method.lower())
        if operation is None:
            assert reply.status == 405 and reply.headers["Allow"], f"{method} {path} is not in the document: {reply}"
            return
        where = f"{method} {path}: {reply.status}"
        response = self.resolved(self.promised(operation["responses"], reply.status))
        assert response, f"{where} is not in the document: {reply}"
        self.check_headers(where, response, reply)
        self.check_body(where, path, method.lower(), response, reply)

    @staticmethod
    def promised(responses, status):
        """`default` stands for what is no request at all, and for nothing else."""
        return responses.get(str(status)) or (responses.get("default") if status in NO_REQUEST else None)

    def path_of(self, target):
        path = urlsplit(target).path
        return next((template for whole, template in self.paths if whole.fullmatch(path)), None)

    def resolved(self, node):
        while node and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def check_headers(self, where, response, reply):
        assert reply.headers.get("X-Request-Id"), f"{where}: no X-Request-Id"
        for name, header in response.get("headers", {}).items():
            if self.resolved(header).get("required"):
                assert name in reply.headers, f"{where}: no {name}"

    def check_body(self, where, path, method, response, reply):
        content = response.get("content")
        if not content:
            assert not reply.body, f"{where}: a body where none is promised: {reply}"
            return
        media_type = reply.headers.get("Content-Type", "").split(";")[0]
        assert media_type in content, f"{where}: {media_type} where {list(content)} is promised"
        if media_type.endswith("json") and "schema" in content[media_type]:
            errors = list(self.validator(path, method, response, reply.status, media_type).iter_errors(reply.json))
            told = "; ".join(f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors[:5])
            assert not errors, f"{where}: {told}"

    def validator(self, path, method, response, status, media_type):
        key = (path, method, status, media_type)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(
                response["content"][media_type]["schema"], resolver=self.resolver, format_checker=FORMATS)
        return self.validators[key]


def read_contract(reply):
    return Contract(json.loads(reply.body))
