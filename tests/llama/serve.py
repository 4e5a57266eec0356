"""Serves a GGUF file over OpenAI's protocol with llama.cpp's own server, from the Python package `xllamacpp`.

    python serve.py MODEL.gguf [--port 8080]

Listens on this machine only and prints its address when it is ready. Ctrl-C ends it.
"""

import argparse
import time

import xllamacpp


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--port", type=int, default=8080)
    args = parser.parse_args()
    params = xllamacpp.CommonParams()
    params.model.path = args.model
    params.n_ctx = 8192
    params.hostnames = ["127.0.0.1"]
    params.port = args.port
    params.cpuparams.n_threads = 1
    params.warmup = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
