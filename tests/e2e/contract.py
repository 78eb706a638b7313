"""Whether a reply is one that /openapi.json promises: path, method, status, media type, headers, schema."""

import functools
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
    broken = []  # by the story that is told now

    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)
        self.validators, self.checked = {}, {}
        prefix = urlsplit(document.get("servers", [{"url": ""}])[0]["url"]).path.rstrip("/")
        # Among templates that fit, the one with fewer parameters is meant.
        self.paths = sorted(
            ((re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(prefix + path))), path) for path in document["paths"]),
            key=lambda entry: entry[1].count("{"))

    def limited_to(self, *paths):
        """What is promised where these paths alone are served."""
        return Contract({**self.document, "paths": {path: self.document["paths"][path] for path in paths}})

    def check(self, method, target, reply):
        """Without a method: the reply to what is no request at all. What is found also fails a story that does not hear of
        it, in a thread of its own or among failures that it expects."""
        try:
            self.judge(method, target, reply)
        except Exception as error:
            self.broken.append(str(error))
            raise

    def judge(self, method, target, reply):
        path = self.path_of(target) if method else None
        operation = self.document["paths"][path].get(method.lower().replace("head", "get")) if path else None
        where = f"{method} {path or target}: {reply.status}"
        if operation:
            response = self.resolved(self.promised(operation["responses"], reply.status))
            assert response, f"{where} is not in the document: {reply}"
        else:
            response = self.refusal(where, method, path, reply)
        self.check_headers(where, response, reply)
        if method != "HEAD":
            self.check_body(where, response, reply)

    def refusal(self, where, method, path, reply):
        """Of what is not in the document, or no request: a problem all the same."""
        allowed = (405,) if path else (401, 404) if method else ()
        assert reply.status in allowed + NO_REQUEST, f"{where}, of what is not in the document: {reply}"
        assert reply.status != 405 or reply.headers.get("Allow"), f"{where}: no Allow"
        return self.document["components"]["responses"]["refused"]

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

    def check_body(self, where, response, reply):
        content = response.get("content")
        if not content:
            assert not reply.body, f"{where}: a body where none is promised: {reply}"
            return
        media_type = reply.headers.get("Content-Type", "").split(";")[0]
        assert media_type in content, f"{where}: {media_type} where {list(content)} is promised"
        schema = content[media_type].get("schema")
        if media_type.endswith("json") and schema and self.checked.get(id(schema)) != (reply.status, reply.body):
            errors = list(self.validator(schema).iter_errors(reply.json))
            told = "; ".join(f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors[:5])
            assert not errors, f"{where}: {told}"
            assert "problem" not in media_type or reply.json["status"] == reply.status, f"{where}: {reply}"
            self.checked[id(schema)] = reply.status, reply.body  # who asks for the same again and again is told the same

    def validator(self, schema):
        if id(schema) not in self.validators:
            self.validators[id(schema)] = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=FORMATS)
        return self.validators[id(schema)]


@functools.cache
def contract_of(text):
    """All servers of one program promise the same: it is read once."""
    return Contract(json.loads(text))
