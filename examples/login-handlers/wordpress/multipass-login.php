<?php
/**
 * Plugin Name: Multipass login
 * Description: Signs WordPress users in at your identity broker. Login handler: https://<this site>/?multipass_login=1
 * Version: 1.0
 * Requires PHP: 7.2
 * License: Apache-2.0
 */
declare(strict_types=1);

defined('ABSPATH') || exit;

/*
 * The three lines to change, in wp-config.php:
 *   define('MULTIPASS_SITE_KEY', 'acme');   // the usersource's siteKey: lower case, no domain
 *   define('MULTIPASS_API_KEY', '…');       // the usersource's apiKey: keep it out of the repository
 *   define('MULTIPASS_CALLBACK', 'https://<your broker>/customer/authentication/multipass/callback');
 */

function multipass_login_url(WP_User $user): string
{
    $json = wp_json_encode([
        'uid'            => (string) $user->ID,
        'customer_email' => $user->user_email,
        'customer_name'  => $user->display_name,
        'expires'        => gmdate('c', time() + 300),
    ]);
    $key       = substr(sha1(MULTIPASS_API_KEY . MULTIPASS_SITE_KEY, true), 0, 16);
    $iv        = random_bytes(16);
    $multipass = base64_encode($iv . openssl_encrypt($json, 'aes-128-cbc', $key, OPENSSL_RAW_DATA, $iv));
    $signature = base64_encode(hash_hmac('sha1', $multipass, MULTIPASS_API_KEY, true));

    return MULTIPASS_CALLBACK . '?multipass=' . rawurlencode($multipass) . '&signature=' . rawurlencode($signature);
}

add_action('template_redirect', function (): void {
    if (!isset($_GET['multipass_login'])) {
        return;
    }
    if (!defined('MULTIPASS_SITE_KEY') || !defined('MULTIPASS_API_KEY') || !defined('MULTIPASS_CALLBACK')) {
        wp_die('Multipass is not configured.', '', ['response' => 500]);
    }
    if (!is_user_logged_in()) {
        auth_redirect();   // WordPress's own login form, and back here
    }
    nocache_headers();
    header('Referrer-Policy: no-referrer');
    // Not wp_safe_redirect: the broker is another host.
    wp_redirect(multipass_login_url(wp_get_current_user()));
    exit;
});
