"""Prints the errors that each operation of Cognito identity pools names in botocore's model, as one JSON object."""

import json

import botocore.session

model = botocore.session.Session().get_service_model("cognito-identity")
print(json.dumps({name: [shape.name for shape in model.operation_model(name).error_shapes] for name in model.operation_names}))
