"""What is read off a request before it is answered: token, body, wished-for kind of answer, handles, who reads what.

Imports `api.application`, no other room of `api.http`.
"""
