"""Certificates for one test: an own authority, a server's and a client's certificate for 127.0.0.1, as PEM files."""
import os
import subprocess


def run(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


def signed(folder, name):
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}", cwd=folder)
    with open(os.path.join(folder, f"{name}.ext"), "w", encoding="ascii") as f:
        f.write("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n")
    run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.crt", cwd=folder)


def certificates(folder):
    """Makes ca.crt, server.crt/.key, client.crt/.key, and the PEM key and trust stores of a Java server; returns the folder."""
    os.makedirs(folder, exist_ok=True)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "30", "-subj", "/CN=goldhour test authority",
        "-addext", "basicConstraints=critical,CA:TRUE", cwd=folder)
    for name in ("server", "client", "stranger"):
        signed(folder, name)
    # A Java server wants its key in PKCS#8, before its certificate, in one file.
    with open(os.path.join(folder, "keystore.pem"), "wb") as out:
        for name in ("server.key", "server.crt"):
            with open(os.path.join(folder, name), "rb") as f:
                out.write(f.read())
    return folder
