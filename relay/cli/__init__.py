"""The command line: everything that people do with a relay, done over HTTP as any other client would."""
