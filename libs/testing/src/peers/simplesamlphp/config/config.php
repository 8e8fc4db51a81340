<?php

// What a test changes lies in one file of JSON; everything here is read anew with every request.
$state = json_decode(file_get_contents(getenv('PEER_STATE')), true, 16, JSON_THROW_ON_ERROR);
$folder = dirname(getenv('PEER_STATE'));

if ($state['encryption'] === 'gcm') {
    require_once __DIR__ . '/gcm.php';
}

$config = [
    'baseurlpath' => $state['origin'] . '/',
    'certdir' => "$folder/keys/",
    'loggingdir' => "$folder/log/",
    'datadir' => "$folder/data/",
    'tempdir' => "$folder/tmp",
    'metadatadir' => __DIR__ . '/metadata/',
    'attributenamemapdir' => '/usr/share/simplesamlphp/config/attributemap/',
    'secretsalt' => $state['salt'],
    'auth.adminpassword' => $state['salt'],
    'timezone' => 'UTC',
    'trusted.url.domains' => null,
    'showerrors' => true,
    'errorreporting' => false,
    'logging.handler' => 'file',
    'logging.level' => SimpleSAML\Logger::INFO,
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'store.type' => 'phpsession',
    'session.duration' => $state['sessionSeconds'],
    'session.phpsession.cookiename' => 'SimpleSAML',
    'session.phpsession.savepath' => "$folder/sessions",
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'language.default' => 'en',
    'language.available' => ['en'],
    'metadata.sources' => array_merge(
        [['type' => 'flatfile']],
        array_map(fn ($file) => ['type' => 'xml', 'file' => $file], $state['providers'])
    ),
];
