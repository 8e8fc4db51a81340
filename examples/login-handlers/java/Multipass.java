import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Multipass login handler. Java 11 or newer, nothing to install.
 *
 * In a servlet, once you know who is signed in:
 *   response.sendRedirect(Multipass.url(user.getId(), user.getEmail(), user.getName()));
 * A first try: java Multipass.java u-1001 jane.doe@acme.test "Jane Doe"
 */
public final class Multipass {
  // The three lines to change, here or in the environment.
  private static final String SITE_KEY = System.getenv("MULTIPASS_SITE_KEY"); // the usersource's siteKey: lower case, no domain
  private static final String API_KEY = System.getenv("MULTIPASS_API_KEY"); // the usersource's apiKey: keep it out of the repository
  private static final String CALLBACK = System.getenv("MULTIPASS_CALLBACK"); // https://<your broker>/customer/authentication/multipass/callback

  private Multipass() {}

  /** @param uid never changes, and is never given to somebody else */
  public static String url(String uid, String email, String name) throws GeneralSecurityException {
    Instant expires = Instant.now().plus(5, ChronoUnit.MINUTES).truncatedTo(ChronoUnit.SECONDS);
    String json = json(Map.of(
        "uid", uid,
        "customer_email", email,
        "customer_name", name,
        // "customer_custom_department", department,
        // "to", "https://help.example.com/orders",
        "expires", expires.toString()));

    byte[] key = Arrays.copyOf(MessageDigest.getInstance("SHA-1").digest(utf8(API_KEY + SITE_KEY)), 16);
    byte[] iv = new byte[16];
    new SecureRandom().nextBytes(iv);
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
    byte[] encrypted = cipher.doFinal(utf8(json));

    byte[] both = Arrays.copyOf(iv, iv.length + encrypted.length);
    System.arraycopy(encrypted, 0, both, iv.length, encrypted.length);
    String multipass = Base64.getEncoder().encodeToString(both);

    Mac mac = Mac.getInstance("HmacSHA1");
    mac.init(new SecretKeySpec(utf8(API_KEY), "HmacSHA1"));
    String signature = Base64.getEncoder().encodeToString(mac.doFinal(utf8(multipass)));

    return CALLBACK + "?multipass=" + escape(multipass) + "&signature=" + escape(signature);
  }

  /** Enough JSON for texts; use your own library if you have one. */
  private static String json(Map<String, String> members) {
    StringBuilder out = new StringBuilder("{");
    members.forEach((name, value) -> {
      if (out.length() > 1) out.append(',');
      out.append(quoted(name)).append(':').append(quoted(value));
    });
    return out.append('}').toString();
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < 0x20) out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String escape(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  public static void main(String[] user) throws GeneralSecurityException {
    System.out.println(url(user[0], user[1], user[2]));
  }
}
