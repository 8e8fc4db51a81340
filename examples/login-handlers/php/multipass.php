<?php
/**
 * Multipass login handler. PHP 7.2 or newer with the openssl extension.
 * Put it on your site and name its address as the usersource's remoteLoginUrl.
 */
declare(strict_types=1);

// The three lines to change, here or in the environment.
$siteKey  = getenv('MULTIPASS_SITE_KEY') ?: '';   // the usersource's siteKey: lower case, no domain
$apiKey   = getenv('MULTIPASS_API_KEY') ?: '';    // the usersource's apiKey: keep it out of the repository
$callback = getenv('MULTIPASS_CALLBACK') ?: '';   // https://<your broker>/customer/authentication/multipass/callback

/** Replace this by the way your own site knows who is signed in. */
function signed_in_user(): ?array
{
    if (session_status() !== PHP_SESSION_ACTIVE) {
        session_start();
    }
    return $_SESSION['user'] ?? null;             // ['uid' => …, 'email' => …, 'name' => …]
}

function multipass_url(array $user, string $siteKey, string $apiKey, string $callback): string
{
    $json = json_encode([
        'uid'            => (string) $user['uid'],          // never changes, never given to somebody else
        'customer_email' => $user['email'],
        'customer_name'  => $user['name'],
        'expires'        => gmdate('c', time() + 300),      // five minutes
        // 'customer_custom_department' => $user['department'],
        // 'to' => 'https://help.example.com/orders',
    ], JSON_THROW_ON_ERROR);

    $key       = substr(sha1($apiKey . $siteKey, true), 0, 16);
    $iv        = random_bytes(16);
    $encrypted = openssl_encrypt($json, 'aes-128-cbc', $key, OPENSSL_RAW_DATA, $iv);
    $multipass = base64_encode($iv . $encrypted);
    $signature = base64_encode(hash_hmac('sha1', $multipass, $apiKey, true));

    return $callback . '?multipass=' . rawurlencode($multipass) . '&signature=' . rawurlencode($signature);
}

if ($siteKey === '' || $apiKey === '' || $callback === '') {
    http_response_code(500);
    exit('Multipass is not configured.');
}

$user = signed_in_user();
header('Cache-Control: no-store');
header('Referrer-Policy: no-referrer');
if ($user === null) {
    header('Location: /login.php?then=' . rawurlencode('/multipass.php'), true, 302);
    exit;
}
header('Location: ' . multipass_url($user, $siteKey, $apiKey, $callback), true, 302);
