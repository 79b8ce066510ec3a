"""Signs the calls on standard input with botocore and sends them, as botocore does, to the URL in the argument."""

import json
import sys

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.utils import percent_encode_sequence

url = sys.argv[1]
work = json.load(sys.stdin)
session = URLLib3Session()
for call in work["calls"]:
    token = work["sessionToken"] if call["token"] else None
    credentials = Credentials(work["accessKeyId"], work["secretAccessKey"], token)
    target = url + call["path"]
    if call["query"]:
        target += "?" + percent_encode_sequence([tuple(pair) for pair in call["query"]])
    request = AWSRequest(method=call["method"], url=target, data=call["body"].encode())
    for name, value in call["headers"]:
        request.headers[name] = value
    auth = SigV4QueryAuth if call["presigned"] else SigV4Auth
    auth(credentials, work["service"], work["region"]).add_auth(request)
    answer = session.send(request.prepare())
    print(answer.status_code, answer.text.replace("\n", " "))
