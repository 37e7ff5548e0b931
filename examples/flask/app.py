"""The sample application: its settings come from the environment (disco-env), it knows nothing of the registry."""
import os

from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/api/hello")
def hello():
    return jsonify(greeting=os.environ["GREETING"], database=os.environ.get("DB_HOST"))


@app.get("/api/health")
def health():
    return "well\n"
