"""Makes API calls with boto3: one JSON request a line in, one JSON answer a line out."""

import json
import sys

import boto3
import botocore.exceptions

# The identity that each device has kept.
devices = {}


def client(call, service):
    """A client with only the region, the endpoint and the caller's keys set."""
    given = call.get("credentials") or {}
    return boto3.session.Session(
        aws_access_key_id=given.get("accessKeyId"),
        aws_secret_access_key=given.get("secretAccessKey"),
        aws_session_token=given.get("sessionToken"),
        region_name=call["region"],
    ).client(service, endpoint_url=call["endpoint"])


def session(call):
    """What an app has to write, since boto3 has no provider for identity pools."""
    pool = call["pool"]
    if pool.get("token"):
        given = client(call, "sts").assume_role_with_web_identity(RoleArn=pool["role"], RoleSessionName="web-identity", WebIdentityToken=pool["token"])
        return keys("", given["Credentials"], "SecretAccessKey")
    api = client(call, "cognito-identity")
    logins = {"Logins": pool["logins"]} if pool.get("logins") else {}
    identity = pool.get("identity") or devices.get(pool["device"]) or api.get_id(IdentityPoolId=pool["id"], **logins)["IdentityId"]
    try:
        given = api.get_credentials_for_identity(IdentityId=identity, **logins)
    except (api.exceptions.NotAuthorizedException, api.exceptions.ResourceNotFoundException):
        devices.pop(pool["device"], None)
        raise
    devices[pool["device"]] = given["IdentityId"]
    return keys(given["IdentityId"], given["Credentials"], "SecretKey")


def keys(identity, given, secret):
    """A session as the tests read it."""
    return {"identityId": identity, "credentials": {"accessKeyId": given["AccessKeyId"], "secretAccessKey": given[secret], "sessionToken": given["SessionToken"]}}


def forget(call):
    """Signs a device out."""
    devices.pop(call["pool"]["device"], None)


def output(call):
    if call["service"] == "app":
        return {"Session": session, "Forget": forget}[call["operation"]](call)
    api = client(call, call["service"])
    methods = {operation: method for method, operation in api.meta.method_to_api_mapping.items()}
    out = getattr(api, methods[call["operation"]])(**call["input"])
    out.pop("ResponseMetadata", None)
    return out


def answer(call):
    try:
        return {"output": output(call)}
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
