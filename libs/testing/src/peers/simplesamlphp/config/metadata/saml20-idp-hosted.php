<?php

$state = json_decode(file_get_contents(getenv('PEER_STATE')), true, 16, JSON_THROW_ON_ERROR);

$metadata['__DYNAMIC:1__'] = [
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'privatekey' => $state['key'] . '.key',
    'certificate' => $state['key'] . '.crt',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'SingleSignOnServiceBinding' => [
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
    ],
    'SingleLogoutServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'],
    'validate.authnrequest' => true,
    'redirect.sign' => $state['signsLogout'],
    'redirect.validate' => true,
    'sign.logout' => $state['signsLogout'],
    'validate.logout' => true,
    'logouttype' => $state['logout'],
    'assertion.encryption' => $state['encryption'] !== 'none',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
    'authproc' => [
        3 => ['class' => 'saml:PersistentNameID', 'attribute' => 'uid'],
        100 => ['class' => 'core:AttributeMap', 'name2oid'],
    ],
];

// A roll-over that is announced: both are in the metadata, the old one signs.
if (isset($state['next'])) {
    $metadata['__DYNAMIC:1__']['new_privatekey'] = $state['next'] . '.key';
    $metadata['__DYNAMIC:1__']['new_certificate'] = $state['next'] . '.crt';
}
