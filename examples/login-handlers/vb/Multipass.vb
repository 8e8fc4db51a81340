' Multipass login handler. .NET Framework 4.6.2 or newer, nothing to install but System.Web.Extensions.
'
' In an ASP.NET page, once you know who is signed in:
'   Response.Redirect(Multipass.Url(userId, email, name))

Imports System.Collections.Generic
Imports System.Security.Cryptography
Imports System.Text
Imports System.Web.Script.Serialization

Public Module Multipass

    ' The three lines to change, here or in the environment.
    Private ReadOnly SiteKey As String = Environment.GetEnvironmentVariable("MULTIPASS_SITE_KEY")   ' the usersource's siteKey: lower case, no domain
    Private ReadOnly ApiKey As String = Environment.GetEnvironmentVariable("MULTIPASS_API_KEY")     ' the usersource's apiKey: keep it out of the repository
    Private ReadOnly Callback As String = Environment.GetEnvironmentVariable("MULTIPASS_CALLBACK")  ' https://<your broker>/customer/authentication/multipass/callback

    ' uid never changes, and is never given to somebody else.
    Public Function Url(uid As String, email As String, name As String) As String
        Dim claims As New Dictionary(Of String, String) From {
            {"uid", uid},
            {"customer_email", email},
            {"customer_name", name},
            {"expires", DateTime.UtcNow.AddMinutes(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'")}
        }
        ' claims.Add("customer_custom_department", department)
        ' claims.Add("to", "https://help.example.com/orders")
        Dim json = Encoding.UTF8.GetBytes(New JavaScriptSerializer().Serialize(claims))

        Dim key(15) As Byte
        Using sha As SHA1 = SHA1.Create()
            Array.Copy(sha.ComputeHash(Encoding.UTF8.GetBytes(ApiKey & SiteKey)), key, 16)
        End Using

        Dim iv(15) As Byte
        Using random = RandomNumberGenerator.Create()
            random.GetBytes(iv)
        End Using

        Dim encrypted As Byte()
        Using cipher As Aes = Aes.Create()
            cipher.Mode = CipherMode.CBC
            cipher.Padding = PaddingMode.PKCS7
            Using encryptor = cipher.CreateEncryptor(key, iv)
                encrypted = encryptor.TransformFinalBlock(json, 0, json.Length)
            End Using
        End Using

        Dim both(iv.Length + encrypted.Length - 1) As Byte
        iv.CopyTo(both, 0)
        encrypted.CopyTo(both, iv.Length)
        Dim token = Convert.ToBase64String(both)

        Dim signature As String
        Using hmac As New HMACSHA1(Encoding.UTF8.GetBytes(ApiKey))
            signature = Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(token)))
        End Using

        Return Callback & "?multipass=" & Uri.EscapeDataString(token) & "&signature=" & Uri.EscapeDataString(signature)
    End Function

End Module
