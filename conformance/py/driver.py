"""Makes API calls with boto3: one JSON request a line in, one JSON answer a line out."""

import json
import sys

import boto3
import botocore.exceptions


def client(call):
    """A client with only the region, the endpoint and the caller's keys set."""
    given = call.get("credentials") or {}
    return boto3.session.Session(
        aws_access_key_id=given.get("accessKeyId"),
        aws_secret_access_key=given.get("secretAccessKey"),
        aws_session_token=given.get("sessionToken"),
        region_name=call["region"],
    ).client(call["service"], endpoint_url=call["endpoint"])


def answer(call):
    api = client(call)
    methods = {operation: method for method, operation in api.meta.method_to_api_mapping.items()}
    try:
        output = getattr(api, methods[call["operation"]])(**call["input"])
        output.pop("ResponseMetadata", None)
        return {"output": output}
    except botocore.exceptions.ClientError as error:
        name = type(error).__name__
        response = error.response
        return {
            "fault": {
                "code": response["Error"]["Code"],
                "message": response["Error"]["Message"],
                "exception": "" if name == "ClientError" else name,
                "status": response["ResponseMetadata"]["HTTPStatusCode"],
                "requestId": response["ResponseMetadata"].get("RequestId", ""),
            }
        }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=str), flush=True)
