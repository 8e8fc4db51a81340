export interface HashVector {
  scheme: string;
  password: string;
  hash: string;
  /** Who published it, and where. */
  source: string;
}

const hashcat = (mode: string) => `hashcat, src/modules/module_${mode}.c`;
const passlib = (file: string) => `passlib, tests/${file}.py`;
const django = 'Django, tests/auth_tests/test_hashers.py';
const TABLE = 't\u00e1\u0411\u2113\u0259';

const vector = (scheme: string, source: string, password: string, hash: string): HashVector => ({
  scheme,
  source,
  password,
  hash,
});

/** Hashes that carry their scheme's mark, as others published them. None was made by the code under test. */
export const MARKED: readonly HashVector[] = [
  vector(
    'argon2i',
    'phc-winner-argon2, src/test.c (by passlib, tests/test_handlers_argon2.py)',
    'password',
    '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
  ),
  vector(
    'argon2id',
    'phc-winner-argon2, src/test.c (by passlib, tests/test_handlers_argon2.py)',
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ),
  vector(
    'argon2i',
    'phc-winner-argon2, src/test.c, version 16',
    'password',
    '$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs',
  ),
  vector(
    'argon2id',
    hashcat('34000'),
    'hashcat',
    '$argon2id$v=19$m=65536,t=3,p=1$FBMjI4RJBhIykCgol1KEJA$2ky5GAdhT1kH4kIgPN/oERE3Taiy43vNN70a3HpiKQU',
  ),
  vector('argon2i', django, 'secret', 'argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q'),
  vector(
    'argon2i',
    django,
    'secret',
    'argon2$argon2i$m=8,t=1,p=1$c29tZXNhbHQ$gwQOXSNhxiOxPOA0+PY10P9QFO4NAYysnqRt1GSQLE55m+2GYDt9FEjPMHhP2Cuf0nOEXXMocVrsJAtNSsKyfg',
  ),
  vector('bcrypt', hashcat('03200'), 'hashcat', '$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou'),
  vector(
    'bcrypt',
    'Openwall crypt_blowfish, wrapper.c',
    'U*U',
    '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  ),
  vector(
    'bcrypt',
    passlib('test_handlers_bcrypt'),
    TABLE,
    '$2b$05$Z17AXnnlpzddNUvnC6cZNOSwMA/8oNiKnHTHTwLlBijfucQQlHjaG',
  ),
  vector(
    'bcrypt',
    passlib('test_handlers_bcrypt'),
    '\u0451',
    '$2y$05$6bNw2HLQYeqHYyBfLMsv/OUcZd0LKP39b87nBw3.S2tVZSqiQX6eu',
  ),
  vector(
    'bcrypt',
    passlib('test_handlers_django'),
    'abcdefghijklmnopqrstuvwxyz',
    'bcrypt$$2a$10$fVH8e28OQRj9tqiDXs1e1uxpsjN0c7II7YPKXua2NAKYvM6iQk7dq',
  ),
  vector(
    'bcrypt_sha256',
    passlib('test_handlers_django'),
    `${'abc123'.repeat(12)}qwr`,
    'bcrypt_sha256$$2a$06$Tg/oYyZTyAf.Nb3qSgN61Ocy0BEz1RK6xslSNi8PlaLX2pe7x/KQG',
  ),
  vector(
    'wordpress-bcrypt',
    'PHP 8.2: "$wp" . password_hash(base64_encode(hash_hmac("sha384", "hashcat", "wp-sha384", true)), PASSWORD_BCRYPT)',
    'hashcat',
    '$wp$2y$10$F4i2od8crD.UPqTtKUofTuLhiZskIKnyLhY9lO4SWsce2b4hFUqhG',
  ),
  vector(
    'scrypt',
    'RFC 7914, section 12, as passlib writes it',
    'password',
    '$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI',
  ),
  vector(
    'scrypt',
    passlib('test_handlers_scrypt'),
    TABLE,
    '$scrypt$ln=7,r=8,p=1$jjGmtDamdA4BQAjBeA9BSA$OiWRHhQtpDx7M/793x6UXK14AD512jg/qNm/hkWZG4M',
  ),
  vector(
    'scrypt',
    django,
    'lètmein',
    'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
  ),
  vector(
    'scrypt',
    'RFC 7914, section 12, third vector, as Werkzeug writes it',
    'pleaseletmein',
    'scrypt:16384:8:1$SodiumChloride$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  ),
  vector(
    'pbkdf2-sha256',
    hashcat('10000'),
    'hashcat',
    'pbkdf2_sha256$10000$1135411628$bFYX62rfJobJ07VwrUMXfuffLfj2RDM2G6/BrTrUWkE=',
  ),
  vector(
    'pbkdf2-sha256',
    django,
    'lètmein',
    'pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=',
  ),
  vector('pbkdf2-sha1', django, 'lètmein', 'pbkdf2_sha1$390000$seasalt2$aDapRanzW8aHTz97v2TcfHzWD+I='),
  vector('pbkdf2-sha256', hashcat('10900'), 'hashcat', 'sha256:1000:NjI3MDM3:vVfavLQL9ZWjg8BUMq6/FB8FtpkIGWYk'),
  vector(
    'pbkdf2-md5',
    hashcat('11900'),
    'hashcat',
    'md5:1000:NjAxMDY4MQ==:a00DtIW9hP9voC85fmEA5uVhgdDx67nSPSm9yADHjkI=',
  ),
  vector('pbkdf2-sha1', hashcat('12000'), 'hashcat', 'sha1:1000:MTYwNTM4MDU4Mzc4MzA=:aGghFQBtQ8+WVlMk5GEaMw=='),
  vector('pbkdf2-sha512', hashcat('12100'), 'hashcat', 'sha512:1000:NzY2:DNWohLbdIWIt4Npk9gpTvA=='),
  vector(
    'pbkdf2-sha1',
    hashcat('12001'),
    'hashcat',
    '{PKCS5S2}NTczNTY0NDY2NjQyNzU1Mx8gGiRGobaZYwumctGHbn2ZOHB8LkwzH+Z1gkWfy1zD',
  ),
  vector(
    'pbkdf2-sha256',
    passlib('test_handlers_pbkdf2'),
    'password',
    '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ',
  ),
  vector(
    'pbkdf2-sha1',
    passlib('test_handlers_pbkdf2'),
    'password',
    '{PBKDF2}1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI',
  ),
  vector(
    'sha256-crypt',
    'SHA-crypt.txt, U. Drepper, test vectors',
    'Hello world!',
    '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
  ),
  vector(
    'sha256-crypt',
    'openssl passwd -5: 32 letters, where the package "unixcrypt" errs',
    'x'.repeat(32),
    '$5$saltstring$xLASXGU7L2tnQezB4rwhJEBqDVqcstZLQvC6JaczsJA',
  ),
  vector(
    'sha256-crypt',
    hashcat('07400'),
    'hashcat',
    '$5$7777657035274252$XftMj84MW.New1/ViLY5V4CM4Y7EBvfETaZsCW9vcJ8',
  ),
  vector(
    'sha256-crypt',
    passlib('test_handlers'),
    'test',
    '$5$rounds=11858$WH1ABM5sKhxbkgCK$aTQsjPkz0rBsH3lQlJxw9HDTDXPKBxC0LlVeV69P.t1',
  ),
  vector(
    'sha512-crypt',
    'SHA-crypt.txt, U. Drepper, test vectors',
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ),
  vector(
    'sha512-crypt',
    'openssl passwd -6: 64 letters, where the package "unixcrypt" errs',
    'x'.repeat(64),
    '$6$saltstring$SSoAqlzjEXraQ.dDguxosFViX0Mfw4O.kEQXNqWn2FWfLIsQUWxK3xUguKKWh/yPYlb6YCK5MTl1eAQTuZtVf.',
  ),
  vector(
    'sha512-crypt',
    hashcat('01800'),
    'hashcat',
    '$6$72820166$U4DVzpcYxgw7MVVDGGvB2/H5lRistD5.Ah4upwENR5UtffLR4X4SxSzfREv8z6wVl0jRFX40/KnYVvK4829kD1',
  ),
  vector(
    'sha512-crypt',
    'OpenLDAP {CRYPT} over the vector of John the Ripper 1.7.9',
    'U*U***U',
    '{CRYPT}$6$LKO/Ute40T3FNF95$wK80cNqkiAUzFuVGxW6eFe8J.fSVI65MD5yEm8EjYMaJuDrhwe5XXpHDJpwF/kY.afsUs1LlgQAaOapVNbggZ1',
  ),
  vector('md5-crypt', hashcat('00500'), 'hashcat', '$1$38652870$DUjsu4TTlTsOe/xxZ05uf/'),
  vector('md5-crypt', 'John the Ripper 1.7.9', 'U*U***U', '$1$dXc3I7Rw$94JPyQc/eAgQ3MFMCoMF.0'),
  vector('md5-crypt', passlib('test_handlers'), TABLE, '$1$d6/Ky1lU$/xpf8m7ftmWLF.TjHCqel0'),
  vector('apr1-md5-crypt', hashcat('01600'), 'hashcat', '$apr1$62722340$zGjeAwVP2KwY6MtumUI1N/'),
  vector(
    'apr1-md5-crypt',
    'Apache, docs/manual/misc/password_encryptions',
    'myPassword',
    '$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/',
  ),
  vector('phpass', hashcat('00400'), 'hashcat', '$P$946647711V1klyitUYhtB8Yw5DMA/w.'),
  vector('phpass', 'phpass 0.3, test.php', 'test12345', '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'),
  vector('phpass', 'John the Ripper 1.7.9', 'JohnRipper', '$H$712345678WhEyvy1YWzT4647jzeOmo0'),
  vector('drupal7', hashcat('07900'), 'hashcat', '$S$C20340258nzjDWpoQthrdNTR02f0pmev0K/5/Nx80WSkOQcPEQRh'),
  vector(
    'joomla-md5',
    hashcat('00011'),
    'hashcat',
    'b78f863f2c67410c41e617f724e22f34:89384528665349271307465505333378',
  ),
  vector('{SHA}', hashcat('00101'), 'hashcat', '{SHA}uJ6qx+YUFzQbcQtyd2gpTQ5qJ3s='),
  vector('{SSHA}', hashcat('00111'), 'hashcat', '{SSHA}FLzWcQqyle6Mo7NvrwXCMAmRzXQxNjYxMTYzNw=='),
  vector('{SSHA256}', hashcat('01411'), 'hashcat', '{SSHA256}L5Wk0zPY2lmoR5pH20zngq37KkxFwgTquEhx95rxfVk3Ng=='),
  vector(
    '{SSHA512}',
    hashcat('01711'),
    'hashcat',
    '{SSHA512}Bz8w5q6qEtB1Nnc8b1jfTvTXVTwohWag33oghQGOtLChnkZTw/cuJaHQlLJEI3AWKZGCRyLA6Phujdxo+is7AjA2MDcyNjY1Mg==',
  ),
  vector('{MD5}', passlib('test_handlers'), 'helloworld', '{MD5}/F4DjTilcDIIVEHn/nAQsA=='),
  vector('{SMD5}', passlib('test_handlers'), 'testing1234', '{SMD5}UjFY34os/pnZQ3oQOzjqGu4yeXE='),
  vector('django-sha1', hashcat('00124'), 'hashcat', 'sha1$fe76b$02d5916550edf7fc8c886f044887f4b1abf9b013'),
  vector('django-sha1', django, 'lètmein', 'sha1$$6d138ca3ae545631b3abd71a4f076ce759c5700b'),
  vector('django-md5', django, 'lètmein', 'md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3'),
];

/** Digests without a mark: `scheme` is the template that an admin would write. */
export const TEMPLATED: readonly (HashVector & { salt?: string; username?: string })[] = [
  vector('md5({password})', hashcat('00000'), 'hashcat', '8743b52063cd84097a65d1633f5c74f5'),
  vector('md5({password})', django, 'lètmein', '88a434c88cca4e900f7874cd98123f43'),
  vector('md5({password}{salt})', hashcat('00010'), 'hashcat', '3d83c8e717ff0e7ecfe187f088d69954:343141'),
  vector('md5({salt}{password})', hashcat('00020'), 'hashcat', '57ab8499d08c59a7211c77f557bf9425:4247'),
  vector('sha1({password})', hashcat('00100'), 'hashcat', 'b89eaac7e61417341b710b727768294d0e6a277b'),
  vector('sha1({password}{salt})', hashcat('00110'), 'hashcat', '848952984db93bdd2d0151d4ecca6ea44fcf49e3:30007548152'),
  {
    ...vector('sha1({salt}{password})', hashcat('00120'), 'hashcat', 'a428863972744b16afef28e0087fc094b44bb7b1'),
    salt: '465727565',
  },
  vector(
    'sha256({password})',
    hashcat('01400'),
    'hashcat',
    '127e6fbfe24a750e72930c220a8e138275656b8e5d8f48a98c3c92df2caba935',
  ),
  vector(
    'sha256({salt}{password})',
    hashcat('01420'),
    'hashcat',
    '816d1ded1d621873595048912ea3405d9d42afd3b57665d9f5a2db4d89720854:36176620',
  ),
  vector(
    'sha512({password}{salt})',
    hashcat('01710'),
    'hashcat',
    '3f749c84d00c6f94a6651b5c195c71dacae08f3cea6fed760232856cef701f7bf60d7f38a587f69f159d4e4cbe00435aeb9c8c0a4927b252d76a744e16e87e91:388026522082',
  ),
  {
    ...vector(
      'md5(md5({password}){salt})',
      `${hashcat('02711')} (vBulletin)`,
      'hashcat',
      '0844fbb2fdeda31884a7a45ec2010bb6',
    ),
    salt: '324410183853308365427804872426',
  },
  vector(
    'md5(md5({salt})md5({password}))',
    `${hashcat('02811')} (MyBB, IPB)`,
    'hashcat',
    '022f7e02b3314f7d0968f73c00ba759f:67588',
  ),
  {
    ...vector(
      'sha1({username}{password})',
      `${hashcat('00121')} (SMF)`,
      'hashcat',
      'd27c0a627a45db487af161fcc3a4005d88eb8a1f',
    ),
    username: '25551135',
  },
  vector('sha1({password:utf16le})', `${hashcat('00133')} (PeopleSoft)`, 'hashcat', 'uXmFVrdBvv293L9kDR3VnRmx4ZM='),
];
