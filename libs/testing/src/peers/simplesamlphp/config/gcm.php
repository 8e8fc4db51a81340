<?php

// Debian's 1.19 encrypts by AES-CBC and has no setting for it; 2.0 can do AES-GCM. The same class with that cipher.
const ENCRYPTED_ASSERTION = '/usr/share/simplesamlphp/vendor/simplesamlphp/saml2/src/SAML2/EncryptedAssertion.php';

spl_autoload_register(function ($class) {
    if ($class !== 'SAML2\\EncryptedAssertion') {
        return;
    }
    $code = file_get_contents(ENCRYPTED_ASSERTION);
    $code = str_replace('new XMLSecurityKey(XMLSecurityKey::AES128_CBC)', 'new XMLSecurityKey(XMLSecurityKey::AES128_GCM)', $code, $changed);
    if ($changed !== 1) {
        throw new Exception('another SimpleSAMLphp than this was written for');
    }
    eval(substr($code, strlen('<?php')));
}, true, true);
