"""Makes an Active Directory domain in a folder, with people and groups for tests. Reads its wishes as JSON from stdin.

One process and Samba's own library: no smbd, no extended attributes (sysvol ACLs are left out), any file system.
"""

import json
import logging
import sys
import time

import ldb
from samba import dsdb, param
from samba.auth import system_session
from samba.credentials import Credentials
from samba.net import Net
from samba.provision import provision
from samba.samdb import SamDB

wish = json.load(sys.stdin)
base, realm, dns_domain = wish["baseDn"], wish["realm"], wish["dnsDomain"]

logging.basicConfig(stream=sys.stdout, level=logging.WARNING)
lp = param.LoadParm()
lp.load(wish["config"])
provision(
    logging.getLogger("provision"), system_session(), lp=lp, smbconf=wish["config"],
    realm=realm, domain=wish["domain"], hostname=wish["hostname"], hostip=wish["ip"],
    adminpass=wish["adminPassword"], serverrole="active directory domain controller",
    dns_backend="NONE", use_rfc2307=True, skip_sysvolacl=True, dom_for_fun_level=dsdb.DS_DOMAIN_FUNCTION_2008_R2,
)
db = SamDB(url=wish["database"], session_info=system_session(), lp=lp)

RELAX = ["relax:0"]
# Samba's "bypass last set": pwdLastSet is kept exactly as given.
RAW = ["local_oid:1.3.6.1.4.1.7165.4.3.20:0"]


def filetime(seconds_from_now):
    return str(int((time.time() + seconds_from_now + 11644473600) * 10_000_000))


def minutes(count):
    return str(-count * 60 * 10_000_000)


def escaped(value):
    """One RDN value, RFC 4514 2.4."""
    return "".join(
        "\\" + char if char in ',+"\\<>;=' or (char == "#" and at == 0) or (char == " " and at in (0, len(value) - 1)) else char
        for at, char in enumerate(value)
    )


def change(dn, values, controls=None):
    message = ldb.Message()
    message.dn = ldb.Dn(db, dn)
    for name, value in values.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    db.modify(message, controls=controls)


def unit(name, parent=base):
    dn = f"OU={name},{parent}"
    db.add({"dn": dn, "objectClass": "organizationalUnit"})
    return dn


def user(cn, sam, parent, password=wish["userPassword"], uac=512, upn=None, **more):
    dn = f"CN={escaped(cn)},{parent}"
    entry = {
        "dn": dn, "objectClass": "user", "sAMAccountName": sam, "displayName": cn,
        "userPrincipalName": upn or f"{sam}@{dns_domain}", "userAccountControl": str(uac),
    }
    if password is not None:
        entry["unicodePwd"] = f'"{password}"'.encode("utf-16-le")
    entry.update(more)
    db.add(entry)
    return dn


def group(name, members=(), sam=None, **more):
    dn = f"CN={escaped(name)},{groups}"
    entry = {
        "dn": dn, "objectClass": "group", "sAMAccountName": sam or name,
        "groupType": str(dsdb.GTYPE_SECURITY_GLOBAL_GROUP), **more,
    }
    if members:
        entry["member"] = list(members)
    db.add(entry)
    return dn


db.transaction_start()
# Five bad passwords lock for half an hour; a password lasts six weeks.
change(base, {
    "lockoutThreshold": "5", "lockoutDuration": minutes(30), "lockOutObservationWindow": minutes(30),
    "minPwdAge": "0", "maxPwdAge": minutes(42 * 24 * 60), "pwdHistoryLength": "0",
})
root = unit("Acme")
people, groups, services, bulk, elsewhere = (unit(name, root) for name in ("People", "Groups", "Services", "Bulk", "Elsewhere"))

user("svc-ldap", "svc-ldap", services, wish["servicePassword"], uac=512 | 0x10000)
user(
    "svc-http", "svc-http", services, wish["servicePassword"], uac=512 | 0x10000,
    servicePrincipalName=[f"HTTP/sso.{dns_domain}", "HTTP/localhost"],
    **{"msDS-SupportedEncryptionTypes": "24"},  # AES only
)

alice = user("Alice Adams", "alice", people, givenName="Alice", sn="Adams", mail="alice.adams@acme.test",
             title="Support agent", department="Support", employeeID="1001")
bob = user("Bob Brown", "bob", people, givenName="Bob", sn="Brown", mail="bob.brown@acme.test", manager=alice)
nina = user("Nina Nested", "nina", people, givenName="Nina", sn="Nested", mail="nina.nested@acme.test")
user("Noah NoMail", "noah", people)
olivia = user("Olivia Ortiz", "olivia", people, upn="olivia.ortiz@corp.example", mail="olivia.ortiz@corp.example",
              proxyAddresses=["SMTP:olivia.ortiz@corp.example", "smtp:oo@acme.test"],
              thumbnailPhoto=bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9"))
# Somebody whose e-mail address is somebody else's too, and somebody in another branch.
user("Tom Twin", "twin1", people, mail="twins@acme.test")
user("Tim Twin", "twin2", people, mail="twins@acme.test")
user("Otto Outside", "otto", elsewhere, mail="otto@acme.test")

# Those who must not come in, or not without a new password.
user("Dave Disabled", "dave", people, uac=514)
erin = user("Erin Locked", "erin", people)
frank = user("Frank Expired-Password", "frank", people, mail="frank@acme.test")
user("Grace Must-Change", "grace", people, mail="grace@acme.test", pwdLastSet="0")
user("Heidi Expired-Account", "heidi", people, accountExpires=filetime(-86400))
user("Ivan No-Hours", "ivan", people, logonHours=b"\0" * 21)
user("Judy Other-Workstation", "judy", people, userWorkstations="NOSUCHPC")
change(erin, {"lockoutTime": filetime(0), "badPwdCount": "5", "badPasswordTime": filetime(0)}, RELAX)
change(frank, {"pwdLastSet": filetime(-100 * 86400)}, RAW)
# For tests that guess, lock or change: nobody else may depend on them.
for name in wish["spare"]:
    user(f"Spare {name}", name, people, mail=f"{name}@acme.test")

zofia = user("Müller, Žofia (Zürich)", "zofia", people, mail="zofia.muller@acme.test")
jsmith = user("Smith, John (Contractor)", "jsmith", people, mail="john.smith@acme.test")
user("李小龍", "xiaolong", people, mail="xiaolong@acme.test")
user("O'Brien \"Obi\" #1 + Co; <x>=y", "obrien", people, mail="obrien@acme.test")
user("Back\\slash * Star", "backslash", people, mail="backslash@acme.test")
user("José Núñez", "josé", people, mail="jose@acme.test")
user(" Leading and trailing ", "spaces", people, mail="spaces@acme.test")

helpdesk = group("Helpdesk-Agents", [alice, nina])
support = group("Support", [helpdesk])
group("Staff", [support, bob])
group("Ops (EU), Tier 1", [bob, zofia, jsmith], sam="Ops-EU-Tier-1")
group("Größe & Maß", [zofia], sam="Groesse")
group("Empty")
loop_a = group("Loop-A", [olivia])
loop_b = group("Loop-B", [loop_a])
ring = ldb.Message()
ring.dn = ldb.Dn(db, loop_a)
ring["member"] = ldb.MessageElement(loop_b, ldb.FLAG_MOD_ADD, "member")
db.modify(ring)
db.transaction_commit()

if wish["bulk"]:
    db.transaction_start()
    members = [
        user(f"Bulk User {number:04d}", f"bulk{number:04d}", bulk, None, uac=544, mail=f"bulk{number:04d}@acme.test")
        for number in range(1, wish["bulk"] + 1)
    ]
    group("Everyone-Bulk", members + [alice, bob])
    db.transaction_commit()

credentials = Credentials()
credentials.guess(lp)
net = Net(credentials, lp, server=None)
import samba.dckeytab  # noqa: E402,F401  gives Net its export_keytab

for service in (f"HTTP/sso.{dns_domain}", "HTTP/localhost"):
    net.export_keytab(keytab=wish["keytab"], principal=f"{service}@{realm}")
