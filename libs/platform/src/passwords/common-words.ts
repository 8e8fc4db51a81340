/**
 * Words that open more accounts than all others: what people type when they are asked for a password. Our own
 * collection, by kinds, from what published studies of leaked passwords agree on. Lower case, letters only: look-alikes,
 * digits and marks are taken off before a password is compared.
 */
const WORDS = `
  password passwort passwd pass passphrase passcode passkey kennwort motdepasse contrasena contrasenya wachtwoord senha
  parola haslo heslo salasana losenord adgangskode secret geheim secreto segredo segreto private privat changeme default
  letmein login logon signin welcome willkommen bienvenue bienvenido bemvindo benvenuto enter open opensesame sesame access
  admin administrator administrateur administrador root superuser sysadmin user guest test testing tester demo example
  sample temporary temp master manager service support backup server system network database oracle cisco
  iloveyou loveyou ilovegod iloveme lovely lover love sweetheart babygirl babyboy baby honey darling angel angels princess
  princesa prince queen king kiss kisses amor teamo tequiero jetaime ichliebedich forever friends friend bestfriend
  beautiful sexy hottie playboy player pretty cutie sunshine rainbow butterfly flower flowers rose lavender
  monkey dragon tiger tigger lion eagle falcon wolf bear panda rabbit bunny kitty kitten cat puppy doggy dog horse dolphin
  shark snake spider scorpion phoenix unicorn elephant penguin turtle duck chicken
  football fussball futbol baseball basketball soccer hockey softball volleyball tennis golf golfer boxing skater runner
  yankees cowboys lakers steelers eagles dallas redsox raiders packers patriots chelsea arsenal liverpool liverpoolfc
  manchester manchesterunited manutd united barcelona realmadrid juventus milan bayern dortmund schalke rangers celtic
  superman batman spiderman ironman wonderwoman captain america avengers starwars startrek matrix pokemon pikachu naruto
  minecraft fortnite roblox warcraft counterstrike callofduty nintendo playstation xbox gamer hunter killer ninja samurai
  warrior wizard merlin gandalf frodo hobbit potter harrypotter hogwarts skywalker vader yoda terminator rambo rocky
  shadow master ghost phantom storm thunder thunderbolt lightning fire water ice snow winter spring summer autumn sommer
  herbst fruehling printemps verano invierno monday tuesday wednesday thursday friday saturday sunday january february
  march april may june july august september october november december januar februar maerz juni juli oktober dezember
  michael jordan ashley jessica jennifer amanda nicole daniel thomas charlie maggie buster robert matthew andrew joshua
  anthony william joseph david richard george james john peter martin patrick alexander alexandra christian christina
  stefan stephan sandra sabrina melanie vanessa samantha elizabeth victoria michelle stephanie sophie anna maria jose
  carlos miguel juan antonio alejandro fernando gabriel lucas julia laura andrea monica barbara mohammed ahmed
  ginger pepper cookie cookies chocolate vanilla cheese pizza banana orange apple cherry lemon peanut butter coffee
  whiskey vodka beer purple yellow green blue black white silver golden gold diamond crystal
  freedom liberty peace jesus jesuschrist christ god heaven blessed faith hope grace trinity bible allah
  hello hallo bonjour hola ciao goodbye morning whatever nothing something anything everything trustno trustnoone
  computer internet samsung google facebook linkedin twitter instagram youtube microsoft windows apple iphone android
  ubuntu debian linux github amazon netflix yahoo hotmail gmail outlook office excel dell lenovo toshiba
  mustang ferrari porsche mercedes corvette camaro harley yamaha honda toyota nissan subaru chevrolet ford
  london newyork california texas florida boston chicago berlin paris madrid roma italia germany deutschland france
  espana england america canada mexico brasil india australia
  company firma business work office money dollar rich lucky luckyone winner success champion number one two three four
  abc abcd abcde abcdef abcdefg abcdefgh abcdefghij abcdefghijkl qwerty qwertyuiop qwertz qwertzuiop azerty azertyuiop
  asdf asdfgh asdfghjkl zxcvbn zxcvbnm yxcvbnm qazwsx qazwsxedc wsxedc
  correcthorsebatterystaple thisismypassword mypassword yourpassword newpassword nopassword forgotpassword resetpassword
  wordpass unbelievable fuckyou fuckoff bullshit asshole bitch biteme sexsex
  passbroker multipass`;

export const COMMON_WORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));
