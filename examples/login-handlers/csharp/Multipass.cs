// Multipass login handler. .NET 6 or newer, nothing to install.
//
// In ASP.NET Core, once you know who is signed in:
//   app.MapGet("/multipass", (HttpContext http) =>
//       Results.Redirect(Multipass.Url(http.User.FindFirst("sub")!.Value, email, name))).RequireAuthorization();

using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

public static class Multipass
{
    // The three lines to change, here or in the environment.
    private static readonly string SiteKey = Setting("MULTIPASS_SITE_KEY");   // the usersource's siteKey: lower case, no domain
    private static readonly string ApiKey = Setting("MULTIPASS_API_KEY");     // the usersource's apiKey: keep it out of the repository
    private static readonly string Callback = Setting("MULTIPASS_CALLBACK");  // https://<your broker>/customer/authentication/multipass/callback

    /// <param name="uid">Never changes, and is never given to somebody else.</param>
    public static string Url(string uid, string email, string name)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>
        {
            ["uid"] = uid,
            ["customer_email"] = email,
            ["customer_name"] = name,
            ["expires"] = DateTime.UtcNow.AddMinutes(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            // ["customer_custom_department"] = department,
            // ["to"] = "https://help.example.com/orders",
        });

        using var aes = Aes.Create();
        aes.Key = SHA1.HashData(Encoding.UTF8.GetBytes(ApiKey + SiteKey))[..16];
        var iv = RandomNumberGenerator.GetBytes(16);
        var encrypted = aes.EncryptCbc(json, iv);

        var both = new byte[iv.Length + encrypted.Length];
        iv.CopyTo(both, 0);
        encrypted.CopyTo(both, iv.Length);
        var multipass = Convert.ToBase64String(both);
        var signature = Convert.ToBase64String(
            HMACSHA1.HashData(Encoding.UTF8.GetBytes(ApiKey), Encoding.UTF8.GetBytes(multipass)));

        return $"{Callback}?multipass={Uri.EscapeDataString(multipass)}&signature={Uri.EscapeDataString(signature)}";
    }

    private static string Setting(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set.");
}
